#include "filters/fault/fault.h"

#include "base/random.h"

namespace outrigger::filters {
namespace {

constexpr std::string_view kText = "text/plain; charset=utf-8";
constexpr std::string_view kBody = "The filter fault aborted the request.\n";

bool hits(Share share) { return random_share() < share.value; }

std::unique_ptr<Filter> make(const void* options, FilterContext&) {
  return std::make_unique<Fault>(*static_cast<const FaultOptions*>(options));
}

Response abort(Exchange& exchange, const FaultAbort& options) {
  exchange.decide("fault", "aborted by the filter fault");
  Response made = exchange.respond(static_cast<std::uint16_t>(options.status), kBody, kText);
  return {&made.head(), made.take_body(), Failure::fault_injected, {}};
}

}  // namespace

void describe(config::Schema<FaultDelay>& schema) {
  schema.summary("Requests wait before they go on.");
  schema.field("for", &FaultDelay::time, "How long.")
      .required()
      .range(Duration(0), std::chrono::minutes(10))
      .example("2s");
  schema.field("share", &FaultDelay::share, "The share of requests, at random.").example("10%");
}

void describe(config::Schema<FaultAbort>& schema) {
  schema.summary("Requests are answered with an error.");
  schema.field("status", &FaultAbort::status, "Its status.").range(400, 599);
  schema.field("share", &FaultAbort::share, "The share of requests, at random.").example("10%");
}

void describe(config::Schema<FaultOptions>& schema) {
  schema.summary("Delays or aborts a share of requests, for trying the rest.");
  schema.field("delay", &FaultOptions::delay, "Delays requests.");
  schema.field("abort", &FaultOptions::abort, "Aborts requests, those that were delayed included.");
  schema.check([](const FaultOptions& options) -> std::string {
    return options.delay || options.abort ? "" : "needs delay or abort";
  });
}

Task<Response> Fault::handle(Exchange& exchange, Next next) {
  if (options_.delay && hits(options_.delay->share)) {
    exchange.decide("fault", "delayed by the filter fault");
    if (!co_await exchange.sleep(options_.delay->time)) co_return exchange.fail(Failure::request_timeout);
    exchange.add_service_time(options_.delay->time);
  }
  if (options_.abort && hits(options_.abort->share)) co_return abort(exchange, *options_.abort);
  co_return co_await next(exchange);
}

const FilterType kFaultType = {{"fault", "Delays or aborts a share of requests.", &config::schema_of<FaultOptions>},
                               make};

}  // namespace outrigger::filters
