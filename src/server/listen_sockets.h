#pragma once

#include <cstddef>
#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "net/address.h"

namespace outrigger::server {

// Sockets that listen on one address, one a worker (SO_REUSEPORT); a Unix socket is shared by all. They close when no
// snapshot uses them any more.
class ListenSockets {
 public:
  // Binds `count` sockets, which do not listen yet. Errors are a sentence: "cannot listen on 0.0.0.0:80: Address
  // already in use". With `is_own_port` sockets of this process may listen on that port already, on another address.
  // Thread: any.
  static std::expected<std::shared_ptr<ListenSockets>, std::string> bind(const std::string& address, std::size_t count,
                                                                         bool is_own_port = false);
  // One socket, which listens already or not, for all workers; takes it over. `bound`: where it really is, whatever
  // the file says of one that was passed.
  static std::shared_ptr<ListenSockets> shared(const std::string& address, int socket, const net::Address& bound);
  ~ListenSockets();
  // From here on connections are taken; nothing where they are already. Why not, "" if it worked. Thread: the main one.
  std::string listen();
  // Nobody accepts from them any more: clients are refused at once instead of waiting in a queue. The one who passed a
  // socket keeps it. Thread: the main one, when no worker uses them.
  void close();
  ListenSockets(const ListenSockets&) = delete;
  ListenSockets& operator=(const ListenSockets&) = delete;

  // Are connections only accepted when the client has sent something, as a request is? Else at once: in many protocols
  // the service speaks first.
  void wait_for_data(bool waits) const;
  // As it stands in the file.
  const std::string& address() const { return address_; }
  // Where clients reach it.
  const net::Address& bound() const { return bound_; }
  // Has it what `count` workers need?
  bool suits(std::size_t count) const { return is_shared_ || sockets_.size() == count; }
  // The socket of worker `index`, counted from 0.
  int of(std::size_t index) const { return sockets_[sockets_.size() == 1 ? 0 : index]; }

 private:
  ListenSockets(std::string address, const net::Address& bound, std::vector<int> sockets)
      : address_(std::move(address)), bound_(bound), sockets_(std::move(sockets)) {}
  std::string address_;
  net::Address bound_;
  std::vector<int> sockets_;
  bool is_shared_ = false;
  bool is_listening_ = false;
};

}  // namespace outrigger::server
