#include "upstream/shared/shared_connections.h"

#include <algorithm>

#include "upstream/endpoint.h"

namespace outrigger::upstream {

SharedConnections::~SharedConnections() { retire(); }

SharedConnection* SharedConnections::find(std::uint32_t after) {
  SharedConnection* found = nullptr;
  connections_.for_each([&](SharedConnection& connection) {
    most_requests_ = std::max(connection.most_requests(), 1U);
    if (found == nullptr && connection.serial() > after && connection.has_room()) found = &connection;
  });
  return found;
}

void SharedConnections::wait(Waiter& waiter, const DialSettings& settings) {
  waiters_.push_back(waiter);
  ++waiting_;
  if (dials_.size() * most_requests_ < waiting_) begin_dial(settings);
}

void SharedConnections::begin_dial(const DialSettings& settings) {
  dials_.push_back(std::make_unique<SharedDial>(loop_, endpoint_, *this, settings));
  dials_.back()->start();
}

SharedConnection& SharedConnections::add(std::unique_ptr<net::Transport> transport, const DialSettings& settings) {
  speaks_http1_ = false;
  auto* connection =
      new SharedConnection(loop_, std::move(transport), settings.limits, settings.shared_stats, most_requests_);
  connections_.push_back(*connection);
  connection->begin();
  return *connection;
}

// Who is told may be the last to hold the endpoint, and with it all of this.
void SharedConnections::on_dialed(SharedDial& ended) {
  const auto keep = endpoint_.weak_from_this().lock();
  const auto place = std::ranges::find_if(dials_, [&](const auto& dial) { return dial.get() == &ended; });
  const std::unique_ptr<SharedDial> dial = std::move(*place);
  dials_.erase(place);
  net::Connect::Result& dialed = dial->result();
  const bool is_http2 = is_http2_ || (dialed.transport && dialed.transport->protocol() == "h2");
  Result result{.failure = dialed.failure, .detail = dialed.detail};
  const bool lacks_http2 =
      is_http2_ && dialed.transport && dialed.transport->is_tls() && dialed.transport->protocol() != "h2";
  if (lacks_http2) {
    result.failure = Failure::upstream_tls;
    result.detail = dialed.address.text() + ": it does not agree to speak HTTP/2";
  } else if (dialed.transport && is_http2) {
    return serve(add(std::move(dialed.transport), dial->settings()), dial->settings());
  } else if (dialed.transport) {
    speaks_http1_ = result.speaks_http1 = true;
    result.own =
        std::make_unique<Connection>(loop_, std::move(dialed.transport), dial->settings().stats.connections_open);
  }
  tell_all(std::move(result));
}

// Each takes its room at once. Those for whom none is left wait for another.
void SharedConnections::serve(SharedConnection& made, const DialSettings& settings) {
  const std::uint32_t serial = made.serial();
  if (find(serial - 1) == nullptr) {
    return tell_all(
        {.failure = Failure::upstream_refused, .detail = "the endpoint takes no request on a new connection"});
  }
  while (!waiters_.empty()) {
    SharedConnection* const found = find(serial - 1);
    if (found == nullptr) break;
    next_waiter().on_connected({.shared = found});
  }
  if (is_retired_) return retire();
  if (dials_.size() * most_requests_ < waiting_) begin_dial(settings);
}

SharedConnections::Waiter& SharedConnections::next_waiter() {
  Waiter& first = waiters_.front();
  first.unlink();
  --waiting_;
  return first;
}

// Those who begin to wait while others are told are not meant.
void SharedConnections::tell_all(Result result) {
  for (std::size_t left = waiting_; left > 0 && !waiters_.empty(); --left) {
    next_waiter().on_connected({.own = std::move(result.own),
                                .speaks_http1 = result.speaks_http1,
                                .failure = result.failure,
                                .detail = result.detail});
  }
}

void SharedConnections::leave(Waiter& waiter) {
  if (!waiter.is_linked()) return;
  waiter.unlink();
  --waiting_;
}

void SharedConnections::retire() {
  is_retired_ = true;
  while (!connections_.empty()) connections_.front().retire();
}

}  // namespace outrigger::upstream
