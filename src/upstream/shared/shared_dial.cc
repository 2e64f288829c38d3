#include "upstream/shared/shared_dial.h"

#include "upstream/endpoint.h"

namespace outrigger::upstream {

SharedDial::SharedDial(EventLoop& loop, Endpoint& endpoint, SharedConnections& owner, DialSettings settings)
    : loop_(loop), endpoint_(endpoint), owner_(owner), settings_(std::move(settings)) {}

void SharedDial::start() {
  task_ = run(*this);
  task_.start(*this);
}

RootTask SharedDial::run(SharedDial&) {
  const Instant begin = loop_.now();
  const auto wrap = [this](int fd) { return endpoint_.make_transport(loop_, fd); };
  net::Connect connect(loop_, endpoint_.addresses_to_try(begin), wrap, settings_.connect, wait_);
  result_ = co_await connect;
  if (result_.transport) endpoint_.note_connected(result_, settings_.stats, begin, loop_.now());
}

void SharedDial::on_root_done(std::exception_ptr failure) noexcept {
  if (failure) result_ = {.transport = nullptr, .failure = Failure::internal, .address = {}, .detail = {}};
  loop_.defer(*this);
}

void SharedDial::run_deferred() { owner_.on_dialed(*this); }

}  // namespace outrigger::upstream
