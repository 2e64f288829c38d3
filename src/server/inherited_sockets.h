#pragma once

#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "net/address.h"

namespace outrigger::server {

// Listening sockets that this process was started with, as systemd's socket activation passes them: sd_listen_fds(3).
// They stay open as long as the process: what has connected to one is queued there whatever a reload does.
// Thread: the main one.
class InheritedSockets {
 public:
  InheritedSockets() = default;
  ~InheritedSockets();
  InheritedSockets(const InheritedSockets&) = delete;
  InheritedSockets& operator=(const InheritedSockets&) = delete;

  // Takes them over from the environment, where they are for this process. Before any thread.
  void take();
  // A duplicate of a socket, and where it listens.
  struct Found {
    int fd;
    net::Address address;
  };
  // The socket with that name (FileDescriptorName=), else the one that listens on `address`; of those that `is_free`
  // says nobody else serves. All of one unit have one name: of them the one that listens there comes first.
  std::optional<Found> find(const std::string& name, const std::string& address,
                            const std::function<bool(const net::Address&)>& is_free);
  // Those that find() never gave, as "name (address)".
  std::vector<std::string> unused() const;

 private:
  struct Socket {
    int fd;
    std::string name;
    net::Address address;
    bool is_used = false;
  };
  std::vector<Socket> sockets_;
};

}  // namespace outrigger::server
