#pragma once

#include <sys/socket.h>

#include <expected>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "event/event_loop.h"
#include "net/address.h"
#include "outrigger/filter.h"

namespace outrigger::adapters {

// A bound socket for datagrams, UDP or Unix. Closed, and its socket file removed, when the last who holds it is gone.
class DatagramSocket {
 public:
  // "host:port" or "unix:/path"; the one that is bound already, if it is in `store`. A stale socket file is replaced;
  // a new one may be written to by everybody. The error is a sentence. Thread: the main one.
  static std::expected<std::shared_ptr<DatagramSocket>, std::string> bind(const std::string& address,
                                                                          KeyedStore& store);
  ~DatagramSocket();
  DatagramSocket(const DatagramSocket&) = delete;
  DatagramSocket& operator=(const DatagramSocket&) = delete;

  int fd() const { return fd_; }
  // What the kernel dropped of it so far, because nobody read in time: as the latest datagram said.
  std::uint32_t dropped = 0;

 private:
  DatagramSocket(int fd, std::string path) : fd_(fd), path_(std::move(path)) {}
  static std::expected<std::shared_ptr<DatagramSocket>, std::string> open(const std::string& address);
  int fd_;
  std::string path_;  // of a Unix socket
};

// Reads what comes, a limited number at a time so that others get their turn. Thread: its loop's.
class DatagramReader final : private Wakeable {
 public:
  static constexpr std::size_t kMostBytes = 64 * 1024;  // of a datagram; a longer one is cut

  struct Datagram {
    std::string_view content;
    bool is_cut = false;
    std::uint32_t dropped = 0;  // that came before it and got lost in the kernel
    std::size_t size = 0;       // as it was sent
    const sockaddr_storage& from;
    socklen_t from_length = 0;  // 0: the sender has no address
  };
  // `on_datagram` must not destroy the reader. Where `has_room` is given and says no, nothing is read until start().
  DatagramReader(EventLoop& loop, std::shared_ptr<DatagramSocket> socket,
                 std::function<void(const Datagram&)> on_datagram, std::function<bool()> has_room = {});
  ~DatagramReader();

  // Reads soon: not in the call.
  void start() { again_.start(Duration::zero()); }

 private:
  void wake() override { read(); }
  void read();
  bool read_one();

  std::shared_ptr<DatagramSocket> socket_;
  std::function<void(const Datagram&)> on_datagram_;
  std::function<bool()> has_room_;
  FdWatch watch_;
  Timer again_;
  std::unique_ptr<char[]> buffer_;
};

}  // namespace outrigger::adapters
