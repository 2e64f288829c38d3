#pragma once

#include <expected>
#include <memory>
#include <string>
#include <utility>

#include "adapters/datagram_socket.h"
#include "net/address.h"
#include "outrigger/filter.h"

namespace outrigger::adapters::logs {

// A listening socket, TCP or Unix. Closed, and its socket file removed, when the last who holds it is gone.
class StreamSocket {
 public:
  // "127.0.0.1:5514" or "unix:/run/log.sock"; the one that listens already, if it is in `store`. A stale socket file is
  // replaced; anybody may write to a new one. The error is a sentence. Thread: the main one.
  static std::expected<std::shared_ptr<StreamSocket>, std::string> listen(const std::string& address,
                                                                          KeyedStore& store);
  ~StreamSocket();
  StreamSocket(const StreamSocket&) = delete;
  StreamSocket& operator=(const StreamSocket&) = delete;

  int fd() const { return fd_; }

 private:
  StreamSocket(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  static std::expected<std::shared_ptr<StreamSocket>, std::string> open(const net::Address& address);
  int fd_;
  std::string path_;  // of a Unix socket
};

// What takes syslog messages at an address; null: nothing of that kind does.
struct SyslogSockets {
  std::shared_ptr<DatagramSocket> datagram;
  std::shared_ptr<StreamSocket> stream;
};

}  // namespace outrigger::adapters::logs
