#pragma once

#include <unistd.h>

#include <list>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "adapters/logs/source.h"
#include "adapters/logs/stats.h"
#include "adapters/logs/syslog/framing.h"
#include "adapters/logs/syslog/sockets.h"
#include "event/event_loop.h"

namespace outrigger::adapters::logs {

struct SyslogOptions {
  std::size_t longest_line = 64 * 1024;
  std::size_t most_connections = 256;
  Duration idle = std::chrono::hours(1);  // a connection that says nothing for so long is closed
};

// A sender's connection, with the message that has not ended. Closed with it.
struct SyslogStream {
  SyslogStream(int descriptor, std::string from, std::size_t longest)
      : fd(descriptor), origin{std::move(from), nullptr}, framing(longest) {}
  ~SyslogStream() { ::close(fd); }
  SyslogStream(const SyslogStream&) = delete;
  SyslogStream& operator=(const SyslogStream&) = delete;

  const int fd;
  const Origin origin;
  SyslogFraming framing;
};

// Syslog messages from a socket: datagrams, and streams in either framing. Takes at most 1 MiB of a stream in one go. A
// sink that drops has room always; one that waits leaves connections unread, and datagrams to the kernel, whose
// losses are counted (socket_buffer).
class SyslogSource final : public Source {
 public:
  // `before`: connections that go on after a reload, also where they are more than the new limit; closed where streams
  // are not taken any more.
  SyslogSource(EventLoop& loop, SyslogSockets sockets, SyslogOptions options,
               std::vector<std::unique_ptr<SyslogStream>> before, EventSink& sink, LogStats& stats);
  ~SyslogSource() override;

  void start() override;
  void resume() override;
  void flush() override;
  void leave(HandOver& to) override;

 private:
  class Connection;
  class Acceptor;
  void add(std::unique_ptr<SyslogStream> stream);
  void take(const DatagramReader::Datagram& datagram);
  void finish(SyslogStream& stream);
  void give(const Origin& origin, std::string_view message, std::uint64_t cut);
  void retire(Connection& connection);

  EventLoop& loop_;
  SyslogSockets sockets_;
  SyslogOptions options_;
  std::vector<std::unique_ptr<SyslogStream>> before_;
  EventSink& sink_;
  LogStats& stats_;
  std::optional<DatagramReader> datagrams_;
  Origin origin_{"unix", nullptr};  // of the latest datagram; its name where a sender has no address
  sockaddr_storage from_{};
  socklen_t from_length_ = 0;
  std::unique_ptr<Acceptor> acceptor_;
  std::list<std::unique_ptr<Connection>> connections_;
  std::list<std::unique_ptr<Connection>> retired_;
  Timer bury_timer_;
};

}  // namespace outrigger::adapters::logs
