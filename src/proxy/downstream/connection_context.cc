#include "proxy/downstream/connection_context.h"

#include "outrigger/process_log.h"

namespace outrigger::proxy {

ClientConnection::ClientConnection(ConnectionContext& context, bool counts) : open_(counts ? &context.open : nullptr) {
  context.connections.push_back(*this);
  if (counts) open_->store(open_->load(std::memory_order_relaxed) + 1, std::memory_order_relaxed);
}

ClientConnection::~ClientConnection() {
  if (open_ != nullptr) open_->store(open_->load(std::memory_order_relaxed) - 1, std::memory_order_relaxed);
}

ConnectionContext::ConnectionContext(EventLoop& event_loop, FailureStats& failure_stats)
    : loop(event_loop),
      failures(failure_stats),
      overload(event_loop),
      accept_pauses(
          stats::counter("outrigger_accept_pauses_total", "Pauses in accepting connections because of overload.")) {}

void ConnectionContext::adopt(std::shared_ptr<LiveConfig> config) {
  live = std::move(config);
  for (auto& [name, place] : places) {
    const auto found = live->listeners.find(name);
    place.now = found == live->listeners.end() ? nullptr : &found->second;
  }
  connections.for_each([](ClientConnection& connection) {
    if (connection.has_lost_listener()) connection.drain();
  });
}

ListenerPlace& ConnectionContext::place(std::string_view name) {
  const auto [found, is_new] = places.try_emplace(std::string(name));
  ListenerPlace& place = found->second;
  if (is_new) {
    place.name = name;
    const auto listener = live->listeners.find(name);
    if (listener != live->listeners.end()) place.now = &listener->second;
  }
  return place;
}

bool take_place_of_client(ConnectionContext& context, const ListenerPlace& place, const net::Address& client,
                          ConnectionPermit& permit) {
  const LiveListener* listener = place.now;
  const std::uint32_t limit = listener == nullptr ? 0 : listener->settings.limits.connections_per_client;
  if (limit == 0) return true;
  const auto key = client_key(client);
  if (!key) return true;
  ClientConnections& clients = listener->count->clients;
  if (clients.take(*key, limit)) {
    permit.add(*key);
    return true;
  }
  listener->stats.client_refusals.add();
  if (const auto refused = clients.refusals().count(context.loop.now())) {
    log(LogLevel::warn, "a client has too many connections: further ones are closed at once",
        {{"listener", place.name}, {"client", client.ip()}, {"limit", limit}, {"refused", *refused}});
  }
  return false;
}

}  // namespace outrigger::proxy
