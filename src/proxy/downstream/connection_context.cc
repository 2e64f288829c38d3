#include "proxy/downstream/connection_context.h"

namespace outrigger::proxy {

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

}  // namespace outrigger::proxy
