#include "server/local_service.h"

namespace outrigger::server {

namespace {

std::shared_ptr<proxy::LiveConfig> answering(const std::string& name, std::unique_ptr<Filter> answer) {
  auto live = std::make_shared<proxy::LiveConfig>();
  proxy::LiveListener& listener = live->listeners[name];
  listener.settings.name = name;
  listener.limits = proxy::effective({}, {});
  listener.sheds_load = false;
  listener.chain.add(std::move(answer));
  listener.chain.finish(nullptr);
  return live;
}

}  // namespace

LocalService::LocalService(EventLoop& loop, std::string name, std::unique_ptr<Filter> answer)
    : loop_(loop), name_(std::move(name)), context_(loop, failures_) {
  context_.adopt(answering(name_, std::move(answer)));
}

LocalService::~LocalService() {
  acceptor_.reset();
  context_.connections.for_each([](proxy::ClientConnection& connection) { connection.destroy(); });
  loop_.end_event();
}

// Between two events: the request that asked for it may be on the stack.
void LocalService::listen(std::shared_ptr<ListenSockets> sockets) {
  loop_.post([this, sockets = std::move(sockets)] { adopt(sockets); });
}

void LocalService::adopt(std::shared_ptr<ListenSockets> sockets) {
  if (acceptor_ && acceptor_->sockets() == sockets) return;
  acceptor_.reset();
  context_.connections.for_each([](proxy::ClientConnection& connection) { connection.drain(); });
  if (sockets) acceptor_.emplace(context_, name_, std::move(sockets), 0, nullptr);
}

}  // namespace outrigger::server
