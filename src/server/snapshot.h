#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/settings.h"
#include "net/tls/context.h"

namespace outrigger::server {

// Sockets that listen for one listener, one a worker; closed when no snapshot uses them any more.
class ListenSockets {
 public:
  ListenSockets(std::string address, std::vector<int> sockets)
      : address_(std::move(address)), sockets_(std::move(sockets)) {}
  ~ListenSockets();
  ListenSockets(const ListenSockets&) = delete;
  ListenSockets& operator=(const ListenSockets&) = delete;
  const std::string& address() const { return address_; }
  // The socket of worker `index`, counted from 0; a Unix socket is shared by all.
  int of(std::size_t index) const { return sockets_[sockets_.size() == 1 ? 0 : index]; }

 private:
  std::string address_;
  std::vector<int> sockets_;
};

// A configuration that is in use: parsed, checked, its files loaded and its sockets bound. Never changed.
struct Snapshot {
  config::Settings settings;
  std::map<std::string, std::shared_ptr<ListenSockets>> sockets;                 // by listener name
  std::map<std::string, std::shared_ptr<net::tls::ServerContext>> certificates;  // by listener name
};

}  // namespace outrigger::server
