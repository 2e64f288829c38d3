#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>

#include "base/intrusive_list.h"
#include "proxy/downstream/grpc_stats.h"
#include "proxy/downstream/h2_stats.h"
#include "proxy/live.h"
#include "proxy/overload.h"
#include "proxy/records/recorder.h"

namespace outrigger::proxy {

struct ConnectionContext;

// A client's connection, whatever it speaks, as its worker sees it, which knows it, and counts it, while it lives. It
// deletes itself when it is done.
class ClientConnection : public ListNode<ClientConnection> {
 public:
  // Ends it now if it is idle, after its exchanges otherwise.
  virtual void drain() = 0;
  // Ends it now, whatever runs. Between events only.
  virtual void destroy() = 0;
  // Its listener is no longer in the configuration.
  virtual bool has_lost_listener() const { return false; }

 protected:
  // `counts`: a drain waits for it.
  explicit ClientConnection(ConnectionContext& context, bool counts = true);
  ~ClientConnection();

 private:
  std::atomic<std::size_t>* open_;  // null: it does not count
};

// A listener as its connections know it: they stay when the configuration changes.
struct ListenerPlace {
  std::string name;
  LiveListener* now = nullptr;  // of the configuration in use; null: the listener is gone
};

// What a worker's connections share. Thread: the worker.
struct ConnectionContext {
  ConnectionContext(EventLoop& loop, FailureStats& failures);

  // The next request of each connection uses `config`; connections of a listener that it does not have drain.
  void adopt(std::shared_ptr<LiveConfig> config);
  // The listener of that name, for as long as the context lives.
  ListenerPlace& place(std::string_view name);
  // Why nothing new may begin there, on a connection with that descriptor: static text; empty: it may. The listener is
  // there.
  std::string_view refusal(const ListenerPlace& place, int fd) {
    return place.now->sheds_load ? overload.refusal(fd) : std::string_view{};
  }

  EventLoop& loop;
  std::shared_ptr<LiveConfig> live = std::make_shared<LiveConfig>();
  std::map<std::string, ListenerPlace, std::less<>> places{};
  FailureStats& failures;
  Overload overload;
  stats::Counter accept_pauses;
  H2Stats h2;
  GrpcStats grpc{};
  std::unique_ptr<Recorder> recorder{};  // null: nothing is kept of requests
  bool keeps_clients = true;             // false: answers of HTTP/1 say that the connection ends
  bool draining = false;                 // answer what is in flight, keep nothing alive
  IntrusiveList<ClientConnection> connections{};
  std::atomic<std::size_t> open{0};  // written by the worker only
};

// A place for one more connection of a client's address, for `permit`; false, counted and said now and then, where it
// has too many.
bool take_place_of_client(ConnectionContext& context, const ListenerPlace& place, const net::Address& client,
                          ConnectionPermit& permit);

}  // namespace outrigger::proxy
