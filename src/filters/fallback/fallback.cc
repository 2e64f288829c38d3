#include "filters/fallback/fallback.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "outrigger/grammar.h"

namespace outrigger::filters {
namespace {

stats::Counter results(stats::Labels labels, const FallbackStep& step, const char* result) {
  labels.emplace_back("step", step.name());
  labels.emplace_back("result", result);
  return stats::counter("outrigger_fallbacks_total",
                        "Steps of `fallback` that were asked in place of a failed service, or could not be.", labels);
}

// Whose filter it is: the upstream's, or the listener's and perhaps the route's.
stats::Labels labels_of(const FilterContext& context) {
  stats::Labels labels;
  const std::pair<const char*, std::string_view> all[] = {
      {"listener", context.listener}, {"route", context.route}, {"upstream", context.upstream}};
  for (const auto& [name, value] : all) {
    if (!value.empty()) labels.emplace_back(name, value);
  }
  return labels;
}

std::unique_ptr<FallbackStep> make_step(const FallbackStepOptions& options, FilterContext& context) {
  if (options.fixed) return std::make_unique<StaticStep>(*options.fixed);
  if (options.stale) return std::make_unique<StaleStep>(options.stale->max_age);
  if (options.broader) return std::make_unique<BroaderStep>(options.broader->path);
  return std::make_unique<UpstreamStep>(*options.upstream, context.upstreams.entry(*options.upstream));
}

std::unique_ptr<Filter> make(const void* options, FilterContext& context) {
  const auto& fallback = *static_cast<const FallbackOptions*>(options);
  Fallback::Steps steps;
  for (const FallbackStepOptions& step : fallback.chain) steps.push_back(make_step(step, context));
  return std::make_unique<Fallback>(fallback, std::move(steps), labels_of(context));
}

std::string check_chain(const FallbackOptions& options) {
  if (options.chain.empty()) return "chain needs at least one step";
  const auto last = std::find_if(options.chain.begin(), options.chain.end(),
                                 [](const FallbackStepOptions& step) { return step.fixed.has_value(); });
  if (last == options.chain.end() || last + 1 == options.chain.end()) return "";
  return "static always answers: what stands behind it is never asked";
}

// Nothing of the request was processed for certain: it never left us, or was refused as a whole.
bool is_unprocessed(Failure failure) {
  switch (failure) {
    case Failure::breaker_open:
    case Failure::no_endpoint:
    case Failure::queue_full:
    case Failure::queue_timeout:
      return true;
    default:
      return outrigger::describe(failure).retry == outrigger::Retry::if_unsent;
  }
}

// "503", "connect_failed"
std::string_view cause(Arena& arena, const Failed& failed) {
  if (failed.failure != Failure::none) return outrigger::describe(failed.failure).token;
  std::array<char, 8> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), failed.status).ptr;
  return arena.copy({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

}  // namespace

void describe(config::Schema<StaleStepOptions>& schema) {
  schema.summary("Gives what a `cache` behind `fallback` in the chain keeps, though it is stale.");
  schema.field("max_age", &StaleStepOptions::max_age, "How old it may be.")
      .range(std::chrono::seconds(1), std::chrono::hours(366 * 24))
      .example("1h");
}

void describe(config::Schema<BroaderStepOptions>& schema) {
  schema.summary("Asks for something more general in the request's place, without its credentials and cookies.");
  schema.field("path", &BroaderStepOptions::path, "Path of that, perhaps with a query.")
      .required()
      .check_text([](const std::string& text) -> std::string {
        return is_target(text) && !is_ambiguous_path(text.substr(0, text.find('?'))) ? "" : "begin with /";
      })
      .example("/reports/summary");
}

void describe(config::Schema<FallbackStepOptions>& schema) {
  schema.summary("One way to answer in place of the service.");
  schema.field("stale", &FallbackStepOptions::stale, "Gives what a cache keeps.");
  schema.field("broader", &FallbackStepOptions::broader, "Asks for something more general.");
  schema.field("upstream", &FallbackStepOptions::upstream, "Sends the request to that upstream, through its filters.")
      .upstream()
      .example("spare");
  schema.field("static", &FallbackStepOptions::fixed, "Answers with what stands here.");
  schema.check([](const FallbackStepOptions& step) -> std::string {
    const int count = int{step.upstream.has_value()} + int{step.fixed.has_value()} + int{step.stale.has_value()} +
                      int{step.broader.has_value()};
    return count == 1 ? "" : "a step is one of stale, broader, upstream and static";
  });
}

void describe(config::Schema<FallbackOptions>& schema) {
  schema.summary("Answers in place of a service that failed: the steps are asked in turn, the first good answer wins.");
  schema
      .field("when", &FallbackOptions::when,
             "What counts as failed: the words of `retry_on` of `retry`. A timeout of the whole request counts as "
             "`timeout`.")
      .one_or_many()
      .check_text(Conditions::check)
      .example("[5xx, connect-failure]");
  schema.field("chain", &FallbackOptions::chain, "The steps, in the order in which they are asked.")
      .required()
      .example("[{upstream: spare}, {static: {status: 503, body: closed}}]");
  schema.field("non_idempotent", &FallbackOptions::non_idempotent,
               "Sends every method to another upstream, even if the work may then be done twice.");
  schema.check(check_chain);
}

Fallback::Fallback(const FallbackOptions& options, Steps steps, const stats::Labels& labels)
    : when_(options.when),
      takes_timeouts_(when_.matches(Failure::upstream_timeout, 0)),
      non_idempotent_(options.non_idempotent) {
  for (auto& step : steps) {
    needs_body_ = needs_body_ || step->needs_body();
    const FallbackStep& known = *step;
    places_.push_back({std::move(step), results(labels, known, "answered"), results(labels, known, "failed"),
                       results(labels, known, "passed_over")});
  }
}

bool Fallback::is_failed(const Response& response) const {
  return when_.matches(response) || (takes_timeouts_ && response.failure() == Failure::request_timeout);
}

// RFC 9209 section 2.1: why the answer is not the service's, and whose it is.
void Fallback::mark(Exchange& exchange, Response& response, const Failed& first, std::string_view step) {
  Arena& arena = exchange.arena();
  const std::string_view why = cause(arena, first);
  const std::string_view how = first.failure == Failure::none
                                   ? arena.concat("outrigger; received-status=", why)
                                   : arena.concat("outrigger; error=", outrigger::describe(first.failure).proxy_status);
  response.set_proxy_status(arena.concat(how, "; details=\"fallback to ", step, " after ", why, "\""));
}

Task<Response> Fallback::handle(Exchange& exchange, Next next) {
  if (needs_body_) exchange.keep_request_body();
  const bool repeatable = non_idempotent_ || exchange.may_repeat();
  Response response = co_await next(exchange);
  StoredAnswers* const stored = exchange.stored();
  const Failed first{response.failure(), response.status(), false};
  for (const Place& place : places_) {
    if (!is_failed(response)) break;
    const Failed failed{response.failure(), response.status(), repeatable || is_unprocessed(response.failure())};
    const std::string_view step = place.step->name();
    const std::string_view obstacle = place.step->obstacle(exchange, failed);
    if (!obstacle.empty()) {
      exchange.decide("fallback", exchange.arena().concat(step, " was passed over: ", obstacle));
      place.passed_over.add();
      continue;
    }
    exchange.decide("fallback",
                    exchange.arena().concat("fallback to ", step, " after ", cause(exchange.arena(), failed)));
    response.discard();
    next.rewind(exchange);
    exchange.set_repeatable(repeatable);
    response = co_await place.step->answer(exchange, next);
    const bool helped = !is_failed(response);
    if (!helped) next.rewind(exchange);  // the next step is asked about this request, not about what stood in its place
    exchange.set_stored(stored);
    (helped ? place.answered : place.failed).add();
    if (helped && response.failure() == Failure::none) mark(exchange, response, first, step);
  }
  co_return response;
}

const FilterType kFallbackType = {
    {"fallback", "Answers in place of a service that failed.", &config::schema_of<FallbackOptions>}, make};

}  // namespace outrigger::filters
