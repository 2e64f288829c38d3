#include "net/dns/service_lookup.h"

#include <algorithm>

namespace outrigger::net::dns {

ServiceLookup::ServiceLookup(EventLoop& loop, Channel& channel, const std::string& name, const Limits& limits,
                             std::function<void(Services)> done)
    : name_(name),
      limits_(limits),
      done_(std::move(done)),
      self_(std::make_shared<ServiceLookup*>(this)),
      delivery_(loop, [this] { deliver(); }) {
  loop.set_deadline(*this, limits_.deadline);
  channel.query_services(name, [self = self_](Services answer) {
    if (*self != nullptr) (*self)->take(std::move(answer));
  });
}

void ServiceLookup::take(Services answer) {
  clear();
  *self_ = nullptr;
  answer_ = std::move(answer);
  answer_.ttl = std::clamp(answer_.ttl, limits_.shortest_ttl, limits_.longest_ttl);
  if (!answer_.error.empty()) answer_.error = "cannot find the services of " + name_ + ": " + answer_.error;
  delivery_.start(Duration::zero());
}

void ServiceLookup::deliver() {
  const auto done = std::move(done_);
  done(std::move(answer_));  // may destroy this
}

}  // namespace outrigger::net::dns
