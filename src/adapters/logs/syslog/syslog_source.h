#pragma once

#include <list>
#include <memory>
#include <string>

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

// Syslog messages from a socket: datagrams, and streams in either framing. Takes at most kTurn messages or 1 MiB in one
// go. A sink that drops has room always; one that waits leaves connections unread, and datagrams to the kernel, whose
// losses are counted (socket_buffer).
class SyslogSource final : public Source {
 public:
  SyslogSource(EventLoop& loop, std::shared_ptr<SyslogSockets> sockets, SyslogOptions options, EventSink& sink,
               LogStats& stats);
  ~SyslogSource() override;

  void start() override;
  void resume() override;

 private:
  class Connection;
  class DatagramReader;
  class Acceptor;
  void give(const Origin& origin, std::string_view message, std::uint64_t cut);
  void retire(Connection& connection);

  EventLoop& loop_;
  std::shared_ptr<SyslogSockets> sockets_;
  SyslogOptions options_;
  EventSink& sink_;
  LogStats& stats_;
  std::unique_ptr<DatagramReader> datagrams_;
  std::unique_ptr<Acceptor> acceptor_;
  std::list<std::unique_ptr<Connection>> connections_;
  std::list<std::unique_ptr<Connection>> retired_;
  Timer bury_timer_;
};

}  // namespace outrigger::adapters::logs
