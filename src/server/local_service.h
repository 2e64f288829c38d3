#pragma once

#include <memory>
#include <optional>
#include <string>

#include "server/acceptor.h"

namespace outrigger::server {

// An HTTP listener whose requests one filter answers: probes and metrics, the admin API, the demo's service.
// Not counted among the requests of listeners. Thread: its loop's.
class LocalService {
 public:
  LocalService(EventLoop& loop, std::string name, std::unique_ptr<Filter> answer);
  // Ends its connections.
  ~LocalService();
  LocalService(const LocalService&) = delete;
  LocalService& operator=(const LocalService&) = delete;

  // Listens there from the next event on, and nowhere else; null: nowhere. Connections that are open end with their
  // current exchange when the place changes.
  void listen(std::shared_ptr<ListenSockets> sockets);

 private:
  void adopt(std::shared_ptr<ListenSockets> sockets);

  EventLoop& loop_;
  std::string name_;
  proxy::FailureStats failures_;
  proxy::ConnectionContext context_;
  std::optional<Acceptor> acceptor_;
};

}  // namespace outrigger::server
