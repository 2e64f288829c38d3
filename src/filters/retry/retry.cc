#include "filters/retry/retry.h"

#include <algorithm>
#include <array>
#include <charconv>

#include "base/random.h"
#include "outrigger/grammar.h"

namespace outrigger::filters {
namespace {

constexpr std::int64_t kDay = 24 * 60 * 60;  // seconds

std::string check_method(const std::string& method) {
  const bool good = !method.empty() && std::all_of(method.begin(), method.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || c == '-' || c == '_';
  });
  return good ? "" : "\"" + method + "\" is not a method: use upper-case names such as GET";
}

std::string_view decimal(Arena& arena, int value) {
  std::array<char, 12> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return arena.copy({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

// "try 2 after 503", "try 2 after connect_failed"
std::string_view explain(Arena& arena, const Response& response, int retry) {
  std::string_view cause = outrigger::describe(response.failure()).token;
  if (response.failure() == Failure::none) {
    const auto status = grpc::status_of(response.head().headers);
    cause = status ? arena.concat("grpc-status ", grpc::name_of(*status)) : decimal(arena, response.status());
  }
  return arena.concat("try ", decimal(arena, retry + 2), " after ", cause);
}

std::int64_t seconds_since_epoch(WallTime time) {
  return std::chrono::duration_cast<std::chrono::seconds>(time.time_since_epoch()).count();
}

// Somebody on the way here repeats this request already: two of us in a row would multiply their tries.
bool is_retry_of_another(const Headers& headers) {
  const auto attempt = headers.get(FieldId::x_retry_attempt);
  return attempt && !attempt->empty() && *attempt != "0";
}

std::unique_ptr<Filter> make(const void* options, FilterContext& context) {
  const auto& retry = *static_cast<const RetryOptions*>(options);
  auto budget = context.shared<RetryBudget>("retry_budget", [&] {
    auto made = std::make_shared<RetryBudget>(retry.budget.share.value, retry.budget.min.per_second);
    show_budget(std::string(context.upstream), made);
    return made;
  });
  return std::make_unique<Retry>(retry, context.upstream, std::move(budget));
}

}  // namespace

void describe(config::Schema<RetryBudgetOptions>& schema) {
  schema.summary("Limits the retries of the whole process, counted over ten seconds.");
  schema.field("share", &RetryBudgetOptions::share, "Retries as a share of the requests.").example("20%");
  schema.field("min", &RetryBudgetOptions::min, "Retries that are allowed however few requests there are.")
      .example("3/s");
}

void describe(config::Schema<RetryBackoffOptions>& schema) {
  schema.summary("The pause before a retry: random, from nothing to a ceiling that doubles each time.");
  schema.field("base", &RetryBackoffOptions::base, "Ceiling of the first pause.")
      .range(Duration(0), std::chrono::minutes(1))
      .example("25ms");
  schema.field("max", &RetryBackoffOptions::max, "Ceiling of every pause.")
      .range(Duration(0), std::chrono::minutes(1))
      .example("250ms");
  schema.check([](const RetryBackoffOptions& backoff) -> std::string {
    return backoff.base <= backoff.max ? "" : "base is longer than max";
  });
}

void describe(config::Schema<RetryOptions>& schema) {
  schema.summary("Sends a request again when it failed in a way that a second try may mend.");
  schema.field("num_retries", &RetryOptions::num_retries, "Tries after the first.").range(0, 10);
  schema
      .field("retry_on", &RetryOptions::retry_on,
             "What is tried again: connect-failure, reset, refused-stream, timeout, breaker-open, no-endpoint, "
             "queue-full, or status codes of the service such as 5xx, 503 or 502-504.")
      .one_or_many()
      .check_text(Conditions::check)
      .example("[connect-failure, 503]");
  schema
      .field("grpc_status", &RetryOptions::grpc_status,
             "Statuses of gRPC that are tried again as well, whatever the method: of answers that hold nothing else.")
      .one_or_many()
      .check_text(Conditions::check_grpc)
      .example("[unavailable]");
  schema.field("budget", &RetryOptions::budget, "Keeps retries from multiplying the load of a service that is down.");
  schema.field("backoff", &RetryOptions::backoff, "The pause before a retry.");
  schema
      .field("methods", &RetryOptions::methods,
             "Methods that may be repeated. Others are only when they carry Idempotency-Key or were never sent.")
      .one_or_many()
      .check_text(check_method)
      .example("[GET, HEAD]");
  schema.field("non_idempotent", &RetryOptions::non_idempotent,
               "Repeats every method, even if the service may then do the work twice.");
}

Duration backoff_ceiling(const RetryBackoffOptions& backoff, int retry) {
  Duration ceiling = backoff.base;
  for (int i = 0; i < retry && ceiling < backoff.max; ++i) ceiling *= 2;
  return std::min(ceiling, backoff.max);
}

Duration backoff_pause(const RetryBackoffOptions& backoff, int retry, std::uint64_t bits) {
  const auto ceiling = static_cast<std::uint64_t>(backoff_ceiling(backoff, retry).count());
  return Duration(static_cast<Duration::rep>(scale_below(bits, ceiling + 1)));
}

std::optional<Duration> parse_retry_after(std::string_view value, std::int64_t now) {
  std::int64_t seconds = 0;
  const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), seconds);
  const bool is_number = !value.empty() && value.front() != '-' && end == value.data() + value.size();
  if (!is_number) {
    const auto date = parse_http_date(value);
    if (!date) return std::nullopt;
    seconds = std::max<std::int64_t>(*date - now, 0);
  } else if (error == std::errc::result_out_of_range) {
    seconds = kDay;
  }
  return std::chrono::seconds(std::min(seconds, kDay));
}

Retry::Retry(const RetryOptions& options, std::string_view upstream, std::shared_ptr<RetryBudget> budget)
    : options_(options),
      conditions_(options.retry_on, options.grpc_status),
      budget_(std::move(budget)),
      retries_(stats::counter("outrigger_retries_total", "Requests that were sent again.",
                              {{"upstream", std::string(upstream)}})),
      exhausted_(stats::counter("outrigger_retry_budget_exhausted_total",
                                "Retries that were left out because the budget was used up.",
                                {{"upstream", std::string(upstream)}})) {}

bool Retry::may_repeat(const RequestHead& request) const {
  return options_.non_idempotent || request.headers.has(FieldId::idempotency_key) ||
         std::find(options_.methods.begin(), options_.methods.end(), request.method_token) != options_.methods.end();
}

bool Retry::may_retry(Exchange& exchange, const Response& response, bool repeatable) const {
  if (!conditions_.matches(response) || exchange.is_expired() || !exchange.can_replay()) return false;
  const bool unsent = response.failure() != Failure::none &&
                      outrigger::describe(response.failure()).retry == outrigger::Retry::if_unsent;
  return repeatable || unsent || conditions_.matches_grpc(response);
}

// Asked last, as it takes from the budget.
bool Retry::can_afford(Exchange& exchange, Duration pause) const {
  if (pause >= exchange.time_left()) {
    exchange.decide("retry", "no time is left for another try");
    return false;
  }
  if (budget_->take(exchange.now())) return true;
  exchange.decide("retry", "the retry budget is exhausted");
  exhausted_.add();
  return false;
}

std::optional<Duration> Retry::pause(Exchange& exchange, const Response& response, int retry) const {
  const Duration pause = backoff_pause(options_.backoff, retry, random_bits());
  // An answer of ours (of an open breaker, say) tells clients when to come back, and nothing of the service.
  if (response.is_local() || (response.status() != 429 && response.status() != 503)) return pause;
  const Headers& headers = response.head().headers;
  const auto field = headers.get(FieldId::retry_after);
  if (!field) return pause;
  // The service's own clock, if it tells the time, so that a date means what it meant there.
  const auto date = parse_http_date(headers.get(FieldId::date).value_or(""));
  const auto asked = parse_retry_after(*field, date.value_or(seconds_since_epoch(exchange.wall_now())));
  if (asked > kLongestRetryAfter) {
    exchange.decide("retry", "the service asks for a longer pause than a client should wait");
    return std::nullopt;
  }
  return pause + asked.value_or(Duration(0));
}

Task<Response> Retry::handle(Exchange& exchange, Next next) {
  exchange.keep_request_body();
  budget_->count_request(exchange.now());
  const RequestHead& request = exchange.request();
  const bool repeatable = may_repeat(request);  // of the head before later filters change it
  exchange.set_repeatable(repeatable);
  const int most = is_retry_of_another(request.headers) ? 0 : options_.num_retries;
  for (int retry = 0;;) {
    Response response = co_await next(exchange);
    if (retry >= most || !may_retry(exchange, response, repeatable)) co_return response;
    const std::optional<Duration> wait = pause(exchange, response, retry);
    if (!wait || !can_afford(exchange, *wait)) co_return response;
    exchange.decide("retry", explain(exchange.arena(), response, retry));
    retries_.add();
    response.discard();
    if (!co_await exchange.sleep(*wait)) co_return exchange.fail(Failure::request_timeout);
    ++retry;
    next.rewind(exchange);
    exchange.request().headers.set(field_name(FieldId::x_retry_attempt), decimal(exchange.arena(), retry));
  }
}

const FilterType kRetryType = {{.name = "retry",
                                .summary = "Sends a failed request again.",
                                .schema = &config::schema_of<RetryOptions>,
                                .needs_http = &needs_no_http},
                               make};

}  // namespace outrigger::filters
