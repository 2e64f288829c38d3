#pragma once

#include <expected>
#include <memory>
#include <string>

#include "net/address.h"

namespace outrigger::adapters::logs {

// Which sockets of an address take syslog messages.
struct SyslogSockets {
  ~SyslogSockets();
  int datagram = -1;  // UDP or a Unix datagram socket
  int stream = -1;    // TCP or a Unix stream socket, listening
  std::string unix_path;
};

// Opens what `address` names: "127.0.0.1:5514" or "unix:/run/log.sock". A stale Unix socket is replaced; anybody may
// write to one. Errors are a sentence. They outlive a reload: whoever has the same address goes on with them.
std::expected<std::shared_ptr<SyslogSockets>, std::string> open_syslog(const net::Address& address, bool datagram,
                                                                       bool stream);

}  // namespace outrigger::adapters::logs
