#include "filters/circuit_breaker/circuit_breaker.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>

#include "filters/circuit_breaker/breaker_directory.h"
#include "filters/circuit_breaker/breaker_routes.h"
#include "filters/circuit_breaker/endpoint_breakers.h"

namespace outrigger::filters {
namespace {

constexpr std::uint16_t kSwitchingProtocols = 101;  // what follows ends as its users like

BreakerLimits limits_of(const CircuitBreakerOptions& options) {
  BreakerLimits limits;
  limits.failure_rate = options.failure_rate.value;
  limits.window = options.window;
  limits.window_requests = static_cast<std::uint32_t>(options.window_requests);
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

// The states of one filter in the file, by route and endpoint, both empty unless the scope goes by them.
class States {
 public:
  States(const CircuitBreakerOptions& options, const FilterContext& context)
      : limits_(limits_of(options)),
        key_(context.key("breaker")),
        name_{std::string(context.upstream), std::string(context.route), {}},
        place_(context.place),
        store_(context.store) {}

  std::shared_ptr<BreakerState> find(std::string_view route, std::string_view endpoint) const {
    const auto make_state = [&]() -> std::shared_ptr<void> {
      BreakerName name = name_;
      if (!route.empty()) name.route = route;
      name.endpoint = endpoint;
      auto made = std::make_shared<BreakerState>(limits_, std::move(name));
      enlist_breaker(made);
      return made;
    };
    const std::string key = key_ + '\n' + std::string(route) + '\n' + std::string(endpoint);
    auto state = std::static_pointer_cast<BreakerState>(store_.find_or_make(key, make_state));
    state->place().move_to(place_);
    return state;
  }

 private:
  BreakerLimits limits_;
  std::string key_;
  BreakerName name_;
  std::string place_;
  KeyedStore& store_;
};

// By route. Breakers that the file's routes have already are held from here on: the filter before this one lets go of
// them before the first request asks.
CircuitBreaker::StateOf states_by_route(const States& states, FilterContext& context) {
  const auto routes = context.shared<BreakerRoutes>("breaker routes", [] { return std::make_shared<BreakerRoutes>(); });
  std::vector<std::shared_ptr<BreakerState>> held;
  for (const std::string& route : routes->keep(context.routes)) held.push_back(states.find(route, ""));
  return [states, routes, held = std::move(held)](std::string_view route) {
    routes->add(route);
    return states.find(route, "");
  };
}

// The filter's place in the chain when its gates do the work.
class Gated final : public Filter {
 public:
  [[clang::coro_wrapper]] Task<Response> handle(Exchange& exchange, Next next) override { return next(exchange); }
};

// Reports how a request went when the answer's body has ended. In the arena, which runs no destructors.
class AnswerWatch final : public BodyWatcher {
 public:
  AnswerWatch(BreakerState::Permit permit, const Conditions& failures, const Exchange& exchange, Duration took)
      : permit_(std::move(permit)), failures_(failures), exchange_(exchange), took_(took) {}
  void on_body_end(const Body& body) noexcept override {
    const bool is_cut = body.failure() != Failure::none;
    if (is_cut ? !failures_.matches(body.failure(), 0) : body.is_starved()) {
      return permit_.leave(true, took_, exchange_.now());
    }
    permit_.report(!is_cut, false, took_, exchange_.now());
  }

 private:
  BreakerState::Permit permit_;
  const Conditions& failures_;
  const Exchange& exchange_;
  const Duration took_;
};

// A request that the service has not answered. When the client leaves, or nothing is said of how it went, all that
// counts is whether the service was slow.
class Unanswered {
 public:
  Unanswered(BreakerState::Permit permit, const Exchange& exchange)
      : permit_(std::move(permit)), exchange_(exchange), before_(exchange.service_time()) {}
  Unanswered(const Unanswered&) = delete;
  Unanswered& operator=(const Unanswered&) = delete;
  ~Unanswered() {
    if (permit_) permit_.leave(false, took(), exchange_.now());
  }
  BreakerState::Permit& permit() { return permit_; }
  // How long services had the request so far.
  Duration took() const { return exchange_.service_time() - before_; }

 private:
  BreakerState::Permit permit_;
  const Exchange& exchange_;
  const Duration before_;
};

bool is_per_endpoint(const void* options) {
  return static_cast<const CircuitBreakerOptions*>(options)->scope == BreakerScope::endpoint;
}

std::optional<config::FilterDescriptor::Noticed> slow_after(const void* options) {
  const auto& slow = static_cast<const CircuitBreakerOptions*>(options)->slow_call;
  if (!slow) return std::nullopt;
  return config::FilterDescriptor::Noticed{"slow_call.over", slow->over};
}

std::unique_ptr<Filter> make(const void* options, FilterContext& context) {
  const auto& breaker = *static_cast<const CircuitBreakerOptions*>(options);
  const States states(breaker, context);
  if (is_per_endpoint(options) && context.endpoint_gates != nullptr) {
    context.endpoint_gates->push_back(
        std::make_shared<EndpointBreakers>(Conditions(breaker.failures, breaker.grpc_status),
                                           [states](std::string_view endpoint) { return states.find("", endpoint); }));
    return std::make_unique<Gated>();
  }
  if (breaker.scope == BreakerScope::route) {
    return std::make_unique<CircuitBreaker>(breaker, states_by_route(states, context));
  }
  return std::make_unique<CircuitBreaker>(breaker, [states](std::string_view) { return states.find("", ""); });
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
  schema.field("window_requests", &Options::window_requests, "The last so many requests count instead; 0: `window`.")
      .range(0, 10000);
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
  schema
      .field(
          "scope", &Options::scope,
          "Whose requests are counted together: the upstream's, each endpoint's (open ones are passed over), or each "
          "route's.")
      .values(
          {{"upstream", BreakerScope::upstream}, {"endpoint", BreakerScope::endpoint}, {"route", BreakerScope::route}});
  schema.field("failures", &Options::failures, "What counts as failed: the same words as `retry_on` of `retry`.")
      .one_or_many()
      .check_text(Conditions::check)
      .example("[5xx, connect-failure]");
  schema
      .field("grpc_status", &Options::grpc_status,
             "Statuses of gRPC that count as failed as well: of answers that hold nothing else.")
      .one_or_many()
      .check_text(Conditions::check_grpc)
      .example("[unavailable, internal]");
  schema.check([](const Options& options) -> std::string {
    if (options.failure_rate.value <= 0) return "failure_rate is 0%";
    if (options.window_requests != 0 && options.window_requests < options.min_requests) {
      return "window_requests is less than min_requests";
    }
    return options.open_for <= options.max_open ? "" : "open_for is longer than max_open";
  });
}

CircuitBreaker::CircuitBreaker(const CircuitBreakerOptions& options, StateOf state_of)
    : failures_(options.failures, options.grpc_status), state_of_(std::move(state_of)) {
  if (options.scope != BreakerScope::route) state_ = state_of_("");
}

BreakerState& CircuitBreaker::state(const Exchange& exchange) {
  if (state_) return *state_;
  const char* const place = exchange.route().data();
  for (const auto& [known, state] : by_route_) {
    if (known == place) return *state;
  }
  return *by_route_.emplace_back(place, state_of_(exchange.route())).second;
}

Response CircuitBreaker::refuse(Exchange& exchange, const BreakerState& state) {
  // Rounded up: who comes back at that time finds the breaker ready.
  const auto seconds = std::chrono::ceil<std::chrono::seconds>(state.retry_after(exchange.now()));
  std::array<char, 24> digits{};
  const auto end =
      std::to_chars(digits.data(), digits.data() + digits.size(), std::max<std::int64_t>(seconds.count(), 1)).ptr;
  const std::string_view text(digits.data(), static_cast<std::size_t>(end - digits.data()));

  Response response = exchange.fail(Failure::breaker_open, "the service failed too often");
  response.headers().set("Retry-After", exchange.arena().copy(text));
  return response;
}

Task<Response> CircuitBreaker::handle(Exchange& exchange, Next next) {
  BreakerState& breaker = state(exchange);
  auto permit = breaker.try_enter(exchange.now());
  if (!permit) co_return refuse(exchange, breaker);
  Unanswered call(std::move(permit), exchange);
  Response response = co_await next(exchange);
  const bool failed = failures_.matches(response);
  // An answer that neither the service gave nor its failure caused (client_gone, queue_full) says nothing about it.
  if (!failed && (response.failure() != Failure::none || response.is_local())) co_return response;
  const Instant now = exchange.now();
  const bool is_over = !response.has_body() || response.status() == kSwitchingProtocols || response.body()->is_here();
  if (!failed) call.permit().answered(now);
  if (failed || is_over) {
    call.permit().report(!failed, is_connect_failure(response.failure()), call.took(), now);
  } else {
    response.body()->watch(
        *exchange.arena().make<AnswerWatch>(std::move(call.permit()), failures_, exchange, call.took()));
  }
  co_return response;
}

const FilterType kCircuitBreakerType = {{.name = "circuit_breaker",
                                         .summary = "Spares a service that fails.",
                                         .schema = &config::schema_of<CircuitBreakerOptions>,
                                         .is_endpoint_gate = &is_per_endpoint,
                                         .needs_http = &needs_no_http,
                                         .notices_after = &slow_after},
                                        make};

}  // namespace outrigger::filters
