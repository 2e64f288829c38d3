#include "adapters/health/health.h"

#include <algorithm>
#include <limits>

#include "base/secret.h"
#include "outrigger/grammar.h"

namespace outrigger::adapters {
namespace {

struct Opened {
  std::shared_ptr<HealthVerdict> verdict;
  std::map<std::string, std::string> webhook_headers;
};

std::unique_ptr<Adapter> make(const void* options, AdapterContext& context) {
  return std::make_unique<Health>(*static_cast<const HealthOptions*>(options), context);
}

std::string name_of(const HealthOptions& options, std::string_view place) {
  return !options.name.empty() ? options.name : !options.path.empty() ? options.path : std::string(place);
}

std::shared_ptr<HealthVerdict> find_verdict(const std::string& name, KeyedStore& store) {
  return std::static_pointer_cast<HealthVerdict>(store.find_or_make("health " + name, [&] {
    auto made = std::make_shared<HealthVerdict>(name);
    stats::gauge_callback("outrigger_health_status", "1: the checks of this name are good; 0: they are not.",
                          {{"name", name}}, [weak = std::weak_ptr(made)] {
                            const auto verdict = weak.lock();
                            const auto state = verdict ? verdict->state() : HealthVerdict::State::unknown;
                            if (state == HealthVerdict::State::unknown) return std::numeric_limits<double>::quiet_NaN();
                            return state == HealthVerdict::State::healthy ? 1.0 : 0.0;
                          });
    return made;
  }));
}

std::expected<std::shared_ptr<void>, std::string> open(const void* data, OpenContext& context) {
  const auto& options = *static_cast<const HealthOptions*>(data);
  auto opened = std::make_shared<Opened>();
  opened->verdict = find_verdict(name_of(options, context.place), context.store);
  if (options.webhook) {
    for (const auto& [header, reference] : options.webhook->headers) {
      auto value = base::resolve_secret(reference);
      if (!value) return std::unexpected(value.error());
      opened->webhook_headers.emplace(header, std::move(*value));
    }
  }
  return opened;
}

std::vector<Claim> claims(const void* data, std::string_view place) {
  const auto& options = *static_cast<const HealthOptions*>(data);
  std::vector<Claim> all;
  if (!options.path.empty()) all.push_back({"the path " + options.path, "path", ""});
  all.push_back({"the name " + name_of(options, place), options.name.empty() ? "path" : "name", ""});
  return all;
}

Check group_of(const HealthOptions& options) {
  Check group;
  group.all = options.all;
  group.any = options.any;
  return group;
}

// What it was before a reload: a round that is bad by chance turns it no sooner than any other.
std::optional<bool> known_state(const HealthVerdict& verdict) {
  const auto state = verdict.state();
  if (state == HealthVerdict::State::unknown) return std::nullopt;
  return state == HealthVerdict::State::healthy;
}

std::string check_path(const std::string& text) {
  const bool is_good = text.empty() || (is_target(text) && !text.contains('?'));
  return is_good ? "" : "\"" + text + "\" is no path";
}

}  // namespace

void describe(config::Schema<HealthOptions>& schema) {
  schema.summary("Checks that say whether the service is well: in /readyz, on a path, by webhook and metric.");
  schema.field("path", &HealthOptions::path, "Where listeners answer with the state: 200 or 503.")
      .check_text(check_path)
      .example("/healthz");
  schema.field("all", &HealthOptions::all, "Well: each of these checks is good.");
  schema.field("any", &HealthOptions::any, "Well: one of these checks is good.");
  schema.field("name", &HealthOptions::name, "For logs and metrics; absent: the path, or its place in the file.");
  schema.field("listeners", &HealthOptions::listeners, "Names of listeners that have the path; absent: all of HTTP.");
  schema.field("details", &HealthOptions::details,
               "true: the path tells every check and what is wrong. /readyz always does.");
  schema.field("ready", &HealthOptions::ready, "false: /readyz does not depend on it.");
  schema.field("rise", &HealthOptions::rise, "Good rounds in a row until it is well again.").range(1, 1000);
  schema.field("fall", &HealthOptions::fall, "Bad rounds in a row until it is not well.").range(1, 1000);
  schema.field("every", &HealthOptions::every, "How often the checks are made.")
      .range(std::chrono::milliseconds(100), std::chrono::hours(24));
  schema.field("webhook", &HealthOptions::webhook, "Who is told when the state changes.");
  schema.check([](const HealthOptions& options) -> std::string {
    if (options.all.empty() == options.any.empty()) return "needs either all or any, with at least one check";
    return "";
  });
}

Health::Health(const HealthOptions& options, AdapterContext& context)
    : options_(options),
      loop_(context.services.loop),
      verdict_(std::static_pointer_cast<Opened>(context.opened)->verdict),
      state_(options.rise, options.fall, known_state(*verdict_)),
      changes_(stats::counter("outrigger_health_changes_total", "Times that the state of this name changed.",
                              {{"name", verdict_->name()}})),
      next_(loop_, [this] { begin(); }),
      round_(group_of(options), context.services) {
  if (options_.webhook) {
    webhook_.emplace(*options_.webhook, std::static_pointer_cast<Opened>(context.opened)->webhook_headers,
                     verdict_->name(), context.services);
  }
}

void Health::start() {
  if (webhook_) webhook_->start();
  begin();
}

void Health::finish() {
  if (webhook_) webhook_->hurry();
}

void Health::begin() {
  began_ = loop_.now();
  round_.begin([this](bool is_good) { end(is_good); });
}

void Health::end(bool is_good) {
  const bool was_unknown = verdict_->state() == HealthVerdict::State::unknown;
  const auto before = verdict_->state();
  state_.observe(is_good);
  const auto now = state_.is_good() ? HealthVerdict::State::healthy : HealthVerdict::State::unhealthy;
  verdict_->publish(now, round_.results(), loop_.wall_now());
  // The first word is no news, unless it is bad.
  if (now != before && (!was_unknown || now == HealthVerdict::State::unhealthy)) tell_change();
  next_.start(std::max(Duration(0), options_.every - (loop_.now() - began_)));
}

void Health::tell_change() {
  changes_.add();
  std::string why;
  for (const auto& check : round_.results()) {
    if (!check.problem.empty()) why += (why.empty() ? "" : "; ") + check.what + ": " + check.problem;
  }
  if (state_.is_good()) {
    log(LogLevel::info, "the service is well again", {{"name", verdict_->name()}});
  } else {
    log(LogLevel::warn, "the service is not well", {{"name", verdict_->name()}, {"why", why}});
  }
  if (webhook_) webhook_->send(health_json(*verdict_, true));
}

const AdapterType kHealthType = {
    {"health", {"path", "all", "any"}, "Checks of the service.", &config::schema_of<HealthOptions>},
    make,
    open,
    claims};

std::vector<HealthPage> health_pages(const AdapterSet& set) {
  std::vector<HealthPage> pages;
  for (const AdapterSet::Item& item : set.items) {
    if (item.spec.type != &kHealthType) continue;
    const auto& options = *static_cast<const HealthOptions*>(item.spec.config.get());
    pages.push_back({options.path, options.listeners, options.details, options.ready,
                     std::static_pointer_cast<Opened>(item.opened)->verdict});
  }
  return pages;
}

}  // namespace outrigger::adapters
