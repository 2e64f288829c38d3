#include "filters/circuit_breaker/circuit_breaker.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

namespace outrigger::filters {
namespace {

BreakerLimits limits_of(const CircuitBreakerOptions& options) {
  BreakerLimits limits;
  limits.failure_rate = options.failure_rate.value;
  limits.window = options.window;
  limits.min_requests = static_cast<std::uint32_t>(options.min_requests);
  limits.connect_failures = static_cast<std::uint32_t>(options.connect_failures);
  if (options.slow_call) {
    limits.slow = BreakerLimits::Slow{.over = options.slow_call->over, .rate = options.slow_call->rate.value};
  }
  limits.open_for = options.open_for;
  limits.max_open = options.max_open;
  limits.probes = static_cast<std::uint32_t>(options.probes);
  limits.reset = options.reset;
  return limits;
}

std::unique_ptr<Filter> make(const void* options, FilterContext& context) {
  const auto& breaker = *static_cast<const CircuitBreakerOptions*>(options);
  auto state = context.shared<BreakerState>("breaker", [&breaker, &context] {
    auto made = std::make_shared<BreakerState>(limits_of(breaker), context.upstream, context.place);
    enlist_breaker(made, context.upstream);
    return made;
  });
  return std::make_unique<CircuitBreaker>(breaker, std::move(state));
}

}  // namespace

void describe(config::Schema<SlowCallOptions>& schema) {
  schema.summary("Opens the breaker when too many answers are slow.");
  schema.field("over", &SlowCallOptions::over, "An answer whose head takes longer is slow.")
      .required()
      .range(std::chrono::milliseconds(1), std::chrono::hours(1))
      .example("2s");
  schema.field("rate", &SlowCallOptions::rate, "Share of slow answers that opens the breaker.").example("50%");
  schema.check([](const SlowCallOptions& slow) -> std::string { return slow.rate.value > 0 ? "" : "rate is 0%"; });
}

void describe(config::Schema<CircuitBreakerOptions>& schema) {
  using std::chrono::hours;
  using std::chrono::milliseconds;
  using Options = CircuitBreakerOptions;
  schema.summary(
      "Answers 503 at once while the service fails, and lets a few requests through to see if it recovered.");
  schema.field("failure_rate", &Options::failure_rate, "Share of failures that opens the breaker.").example("50%");
  schema.field("window", &Options::window, "Time over which requests are counted.").range(milliseconds(10), hours(1));
  schema.field("min_requests", &Options::min_requests, "Fewer requests in the window say nothing about a share.")
      .range(1, 1000000);
  schema.field("connect_failures", &Options::connect_failures, "Failures to connect in a row that open it; 0: never.")
      .range(0, 1000000);
  schema.field("slow_call", &Options::slow_call, "Slow answers open it too.");
  schema.field("open_for", &Options::open_for, "Time until it is tried again; doubles each time that fails.")
      .range(milliseconds(1), hours(1));
  schema.field("max_open", &Options::max_open, "Limit of that doubling.").range(milliseconds(1), hours(24));
  schema.field("probes", &Options::probes, "Requests let through to see if the service recovered; all must pass.")
      .range(1, 1000);
  schema.field("reset", &Options::reset, "How it closes: by itself, or only through the admin API.")
      .values({{"timed", BreakerReset::timed}, {"manual", BreakerReset::manual}});
  schema.field("failures", &Options::failures, "What counts as failed: the same words as `retry_on` of `retry`.")
      .one_or_many()
      .check_text(Conditions::check)
      .example("[5xx, connect-failure]");
  schema.check([](const Options& options) -> std::string {
    if (options.failure_rate.value <= 0) return "failure_rate is 0%";
    return options.open_for <= options.max_open ? "" : "open_for is longer than max_open";
  });
}

Response CircuitBreaker::refuse(Exchange& exchange) const {
  // Rounded up: who comes back at that time finds the breaker ready.
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(state_->retry_after(exchange.now()));
  std::array<char, 24> digits{};
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), std::max<std::int64_t>(seconds.count(), 1)).ptr;
  const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));

  Response response = exchange.fail(Failure::breaker_open, "the service failed too often");
  response.headers().set("Retry-After", exchange.arena().copy(text));
  return response;
}

Task<Response> CircuitBreaker::handle(Exchange& exchange, Next next) {
  auto permit = state_->try_enter(exchange.now());
  if (!permit) co_return refuse(exchange);
  const Instant sent = exchange.now();
  Response response = co_await next(exchange);
  const bool failed = failures_.matches(response);
  // An answer that neither the service gave nor its failure caused (client_gone, queue_full) says nothing about it.
  if (failed || (response.failure() == Failure::none && !response.is_local())) {
    const Instant now = exchange.now();
    permit.report(!failed, is_connect_failure(response.failure()), now - sent, now);
  }
  co_return response;
}

const FilterType kCircuitBreakerType = {
    {"circuit_breaker", "Spares a service that fails.", &config::schema_of<CircuitBreakerOptions>}, make};

}  // namespace outrigger::filters
