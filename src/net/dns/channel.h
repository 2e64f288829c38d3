#pragma once

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "event/event_loop.h"
#include "net/address.h"
#include "net/dns/family.h"
#include "net/dns/services.h"

struct ares_addrinfo;
struct ares_channeldata;

namespace outrigger::net::dns {

// What one query came to: addresses, or an error.
struct Answer {
  std::vector<Address> addresses{};
  Duration ttl{};          // the shortest of the records; zero for /etc/hosts
  std::string error{};     // a phrase: "no such name"; empty when there are addresses
  bool is_denial = false;  // the servers said that the name does not exist or has no address
  std::string name{};      // the full name that the addresses are of, behind /etc/resolv.conf's `search`
  // Beside addresses: those of this family could not be asked for, and `error` says why.
  std::optional<Family> missing{};
};

// c-ares on our loop: its sockets as watches, its timeouts as a timer. No cache, no joining of equal queries.
// Thread: the loop's.
class Channel {
 public:
  // `servers`: "host:port,..." instead of those in /etc/resolv.conf. What is wrong with it is told by every query.
  Channel(EventLoop& loop, const std::string& servers);
  // Unfinished queries are dropped: their `done` is destroyed, not called.
  ~Channel();
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;

  // Asks for A and AAAA, /etc/hosts first. Calls `done` once: inside this call when the answer is at hand. `done` may
  // start further queries but not destroy the channel. Cost: blocks to read /etc/hosts; one or two datagrams a try.
  // An answer to one of the two is enough: c-ares does not tell then whether the other was denied or never came.
  void query(const std::string& name, std::function<void(Answer)> done);

  // Asks the servers for the addresses of one family of a full name; otherwise as query().
  void query(const std::string& full_name, Family family, std::function<void(Answer)> done);

  // Does /etc/hosts have addresses of that family for the name? Cost: reads it.
  bool is_in_hosts(const std::string& name, Family family) const;

  // Asks for SRV records; otherwise as query(), but /etc/hosts has none.
  void query_services(const std::string& name, std::function<void(Services)> done);

 private:
  class Socket;
  struct Query;
  struct FamilyQuery;
  struct ServiceQuery;

  static void on_socket(void* self, int fd, int readable, int writable);
  static void on_family(void* query, int status, int timeouts, unsigned char* answer, int length);
  static void on_services(void* query, int status, int timeouts, unsigned char* answer, int length);
  static void on_answer(void* query, int status, int timeouts, ares_addrinfo* result);
  void work();
  bool process_ready();
  void arm();

  EventLoop& loop_;
  Timer timer_;
  std::map<int, std::unique_ptr<Socket>> sockets_;
  std::string setup_error_;
  bool is_working_ = false;
  ares_channeldata* ares_ = nullptr;
};

}  // namespace outrigger::net::dns
