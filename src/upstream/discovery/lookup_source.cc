#include "upstream/discovery/lookup_source.h"

namespace outrigger::upstream {

LookupSource::LookupSource(const config::EndpointSpec& spec, const SourceContext& context)
    : context_(context),
      spec_(spec),
      discovery_(context_.board->find(spec.address)),
      again_(context_.loop, [this] { ask(); }) {}

void LookupSource::start() {
  const auto known = discovery_->last_good(context_.loop.now());
  is_pending_ = !known;
  use(known.value_or(Answer{}));
  ask();
}

void LookupSource::on_answer(Answer answer, const std::string& error, Duration ttl,
                             std::optional<net::dns::Family> missing) {
  const Instant now = context_.loop.now();
  context_.stats.lookups.add();
  is_pending_ = false;
  error_ = error;
  if (!is_stopped_) again_.start(ttl);
  if (error.empty()) {
    use(answer);
    discovery_->succeed(std::move(answer), now);
  } else {
    context_.stats.failed_lookups.add();
    use(missing ? discovery_->succeed_without(*missing, std::move(answer), error, now)
                : discovery_->fail(error, now).value_or(Answer{}));
  }
  context_.owner.on_source_changed();
}

}  // namespace outrigger::upstream
