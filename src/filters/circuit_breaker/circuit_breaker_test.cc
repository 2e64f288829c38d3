#include "filters/circuit_breaker/circuit_breaker.h"

#include <catch2/catch.hpp>

#include "filters/circuit_breaker/breaker_directory.h"
#include "filters/registry.h"
#include "support/chain_harness.h"

using namespace std::chrono_literals;

namespace outrigger::filters {

using test::Answer;
using test::ChainHarness;

TEST_CASE("circuit_breaker: what counts as failed, and what says nothing", "[filter][circuit_breaker]") {
  struct Case {
    const char* what;
    const char* options;
    Answer answer;
    bool opens;
  };
  const Case cases[] = {
      {"500s", "{}", 500, true},
      {"404s", "{}", 404, false},
      {"404s if asked for", "{failures: [404]}", 404, true},
      {"resets", "{}", Failure::upstream_reset, true},
      {"timeouts", "{}", Failure::upstream_timeout, true},
      {"uploads that stall", "{}", Failure::upstream_write_timeout, true},
      {"answers that break off", "{}", Answer(200).breaks_off(Failure::response_truncated), true},
      {"answers that make no sense", "{}", Answer(200).breaks_off(Failure::response_bad_chunk), true},
      {"answers that stall", "{}", Answer(200).breaks_off(Failure::response_body_timeout), true},
      {"answers that break off, not listed", "{failures: [5xx]}", Answer(200).breaks_off(Failure::response_truncated),
       false},
      {"bad certificates", "{}", Failure::upstream_certificate, false},
      {"clients that leave", "{}", Failure::client_gone, false},
      {"a full queue", "{}", Failure::queue_full, false},
      {"failures to connect", "{min_requests: 1000000}", Failure::connect_failed, true},
      {"failures to connect, not looked at", "{min_requests: 1000000, connect_failures: 0}", Failure::connect_failed,
       false},
      {"slow answers", "{slow_call: {over: 1s}, window: 1m}", Answer(200).after(2s), true},
      {"answers that are not slow", "{slow_call: {over: 1s}, window: 1m}", Answer(200).after(1s), false},
  };
  for (const Case& c : cases) {
    INFO(c.what);
    ChainHarness chain(std::string("circuit_breaker: ") + c.options);
    chain.upstream_answers({c.answer});
    for (int i = 0; i < 20; ++i) chain.send("GET /");
    CHECK((chain.send("GET /").failure == Failure::breaker_open) == c.opens);
  }
}

TEST_CASE("circuit_breaker: an answer that breaks off counts once, as failed", "[filter][circuit_breaker]") {
  for (const auto& [options, calls] : {std::pair{"{}", 22}, {"{window_requests: 20}", 21}}) {
    INFO(options);
    ChainHarness chain(std::string("circuit_breaker: ") + options);
    const auto send = [&](int count, const Answer& answer) {
      chain.upstream_answers({answer});
      for (int i = 0; i < count; ++i) chain.send("GET /");
    };
    send(11, 200);
    send(9, Answer(200).breaks_off(Failure::response_truncated));
    CHECK(chain.send("GET /").failure == Failure::none);  // the tenth of 21, or of the last 20
    send(1, Answer(200).breaks_off(Failure::response_truncated));
    CHECK(chain.send("GET /").failure == Failure::breaker_open);
    CHECK(chain.upstream_calls() == calls);
  }
}

TEST_CASE("circuit_breaker: each try that breaks off counts, a retry's first too", "[filter][circuit_breaker]") {
  ChainHarness chain("[{retry: {}}, {circuit_breaker: {min_requests: 2}}]");
  chain.upstream_answers({503, Answer(200).breaks_off(Failure::response_truncated)});
  chain.send("GET /");
  CHECK(chain.upstream_calls() == 2);
  CHECK(chain.send("GET /").failure == Failure::breaker_open);
}

TEST_CASE("circuit_breaker: a refusal says when to come back, and spares the service", "[filter][circuit_breaker]") {
  ChainHarness chain("circuit_breaker: {open_for: 10s}");
  chain.upstream_answers({500});
  for (int i = 0; i < 20; ++i) chain.send("GET /");
  const auto refused = chain.send("GET /");
  CHECK(refused.status == 503);
  CHECK(std::stoi(refused.field("Retry-After")) >= 9);
  CHECK(std::stoi(refused.field("Retry-After")) <= 11);
  CHECK(refused.why == "the circuit breaker is open: the service failed too often");
  CHECK(chain.upstream_calls() == 20);

  chain.advance(12s);
  chain.upstream_answers({200});
  for (int i = 0; i < 10; ++i) CHECK(chain.send("GET /").status == 200);
}

TEST_CASE("circuit_breaker: a client that leaves gives its probe back", "[filter][circuit_breaker]") {
  ChainHarness chain("circuit_breaker: {probes: 1}");
  chain.upstream_answers({500});
  for (int i = 0; i < 20; ++i) chain.send("GET /");
  chain.advance(6s);
  chain.upstream_answers({Answer(200).after(1s)});
  chain.send_and_leave("GET /");
  CHECK(chain.send("GET /").status == 200);
}

TEST_CASE("circuit_breaker: an answer whose client left while it stalled is no success", "[filter][circuit_breaker]") {
  ChainHarness chain("circuit_breaker: {min_requests: 2}");
  chain.upstream_answers({500});
  chain.send("GET /");
  chain.upstream_answers({Answer(200).stalls()});
  for (int i = 0; i < 20; ++i) chain.send("GET /");
  chain.upstream_answers({500});
  chain.send("GET /");
  CHECK(chain.send("GET /").failure == Failure::breaker_open);  // two of two
}

TEST_CASE("circuit_breaker: a service that is slow is so though its clients leave", "[filter][circuit_breaker]") {
  ChainHarness chain("circuit_breaker: {slow_call: {over: 1s}, window: 1h}");
  chain.upstream_answers({Answer(200).after(10s)});
  for (int i = 0; i < 20; ++i) chain.send_and_leave("GET /", 1s);
  CHECK(chain.send("GET /").failure == Failure::none);
  for (int i = 0; i < 20; ++i) chain.send_and_leave("GET /", 2s);
  CHECK(chain.send("GET /").failure == Failure::breaker_open);
}

TEST_CASE("circuit_breaker: the pauses of a retry within it are not the service's time", "[filter][circuit_breaker]") {
  ChainHarness chain("[{circuit_breaker: {slow_call: {over: 100ms}, window: 1h}}, {retry: {num_retries: 1}}]");
  for (int i = 0; i < 20; ++i) {
    chain.upstream_answers({Answer(503, {{"Retry-After", "2"}}), 200});
    CHECK(chain.send("GET /").status == 200);
  }
  CHECK(chain.sleeps().back() >= 2s);
  CHECK(chain.send("GET /").failure == Failure::none);
}

TEST_CASE("circuit_breaker: with the scope route, each route has its own", "[filter][circuit_breaker]") {
  ChainHarness chain("circuit_breaker: {scope: route}");
  chain.upstream_answers({500});
  for (int i = 0; i < 20; ++i) chain.send("GET /");
  CHECK(chain.send("GET /").failure == Failure::breaker_open);
  chain.set_route("another");
  CHECK(chain.send("GET /").status == 500);
  int found = 0;
  for (const BreakerInfo& info : breaker_snapshot()) {
    if (info.upstream == "app" && info.route == "another") ++found;
  }
  CHECK(found == 1);
}

TEST_CASE("circuit_breaker: contradictions are refused with the file", "[filter][circuit_breaker]") {
  const std::pair<const char*, const char*> cases[] = {
      {"circuit_breaker: {failure_rate: 0%}", "failure_rate is 0%"},
      {"circuit_breaker: {open_for: 2m}", "open_for is longer than max_open"},
      {"circuit_breaker: {window_requests: 10}", "less than min_requests"},
      {"circuit_breaker: {slow_call: {rate: 50%}}", "missing key \"over\""},
      {"circuit_breaker: {slow_call: {over: 1s, rate: 0%}}", "rate is 0%"},
      {"circuit_breaker: {failures: [6xx]}", "unknown condition"},
      {"circuit_breaker: {scope: rout}", "did you mean \"route\""},
      {"circuit_breaker: {window: 5ms}", "5ms is out of range: 10ms to 1h"},  // shorter than its ten buckets
  };
  for (const auto& [filter, expected] : cases) {
    INFO(filter);
    CHECK(ChainHarness::errors(filter).find(expected) != std::string::npos);
  }
}

TEST_CASE("circuit_breaker: a slow_call that no answer can be slow enough for is a warning",
          "[filter][circuit_breaker]") {
  const auto warnings = [](const std::string& timeouts, const std::string& filters, const std::string& route = "") {
    std::string text;
    const config::LoadResult loaded = config::load_text(
        "listeners: [{address: 8080, timeouts: {" + timeouts + "}, routes: [{filters: [" + route +
            "], upstream: app}]}]\nupstreams: {app: {endpoints: ['127.0.0.1:1'], filters: [" + filters + "]}}\n",
        "f.yaml", catalog());
    REQUIRE(loaded.settings);
    for (const auto& diagnostic : loaded.diagnostics) text += diagnostic.path + ": " + diagnostic.message + "\n";
    return text;
  };
  const std::string slow = "circuit_breaker: {slow_call: {over: 20s}}";
  CHECK(
      warnings("", slow) ==
      "upstreams.app.filters[0].circuit_breaker.slow_call.over: 20s for an answer cannot be seen: it is given up after "
      "backend_request, 15s\n");
  CHECK(warnings("backend_request: 30s", slow).empty());
  CHECK(warnings("request: 5s", slow).find("given up after request, 5s") != std::string::npos);
  CHECK(warnings("", "circuit_breaker: {slow_call: {over: 2s}}").empty());
  CHECK(warnings("", "retry: {}, " + slow).find("backend_request, 15s") != std::string::npos);
  // Around the retry all tries are one call.
  CHECK(warnings("", slow + ", retry: {}").empty());
  CHECK(warnings("request: 10s", slow + ", retry: {}").find("request, 10s") != std::string::npos);
  CHECK(warnings("", "", slow).empty());
  CHECK(warnings("request: 10s", "", slow)
            .find("listeners[0].routes[0].filters[0].circuit_breaker.slow_call.over: 20s") == 0);
}

TEST_CASE("circuit_breaker: the scope endpoint goes with an upstream's filters only", "[filter][circuit_breaker]") {
  const char* const kFilter = "{circuit_breaker: {scope: endpoint}}";
  const std::pair<std::string, const char*> cases[] = {
      {std::string("listeners: [{address: 8080, filters: [") + kFilter +
           "], upstream: a}]\nupstreams: {a: 127.0.0.1:1}",
       "1:39: listeners[0].filters[0].circuit_breaker: works per endpoint"},
      {std::string("listeners: [{address: 8080, routes: [{filters: [") + kFilter +
           "], upstream: a}]}]\nupstreams: {a: 127.0.0.1:1}",
       "routes[0].filters[0].circuit_breaker: works per endpoint"},
  };
  for (const auto& [text, expected] : cases) {
    const config::LoadResult loaded = config::load_text(text, "f.yaml", catalog());
    REQUIRE_FALSE(loaded.settings);
    CHECK(config::render(loaded.diagnostics.at(0), false).find(expected) != std::string::npos);
  }
  const std::string five =
      std::string("[") + kFilter + "," + kFilter + "," + kFilter + "," + kFilter + "," + kFilter + "]";
  CHECK(ChainHarness::errors(five).find("more than 4 filters work per endpoint") != std::string::npos);
}

}  // namespace outrigger::filters
