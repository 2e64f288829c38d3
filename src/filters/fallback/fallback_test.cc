#include "filters/fallback/fallback.h"

#include <catch2/catch.hpp>

#include "filters/registry.h"
#include "support/chain_harness.h"

using namespace std::chrono_literals;

namespace outrigger::filters {
namespace {

using test::Answer;
using test::ChainHarness;
using test::Fields;

constexpr const char* kSpareThenStatic = "fallback: {chain: [{upstream: spare}, {static: {status: 203, body: fixed}}]}";

}  // namespace

TEST_CASE("fallback: what counts as failed, and what not", "[filter][fallback]") {
  struct Case {
    const char* what;
    Answer answer;
    const char* when;
    bool falls_back;
  };
  const Case cases[] = {
      {"200", 200, "", false},
      {"404", 404, "", false},
      {"500", 500, "", true},
      {"503", 503, "", true},
      {"404 if asked for", 404, "when: [404], ", true},
      {"what is asked for replaces the defaults", 500, "when: [404], ", false},
      {"a refused connection", Failure::connect_failed, "", true},
      {"a reset", Failure::upstream_reset, "", true},
      {"no answer in time", Failure::upstream_timeout, "", true},
      {"the deadline of the whole request", Failure::request_timeout, "", true},
      {"the same, not asked for", Failure::request_timeout, "when: 5xx, ", false},
      {"an open breaker", Failure::breaker_open, "", true},
      {"no endpoint", Failure::no_endpoint, "", true},
      {"a full queue only when asked for", Failure::queue_full, "", false},
      {"a full queue", Failure::queue_full, "when: queue-full, ", true},
      {"our own 502 is not the service's", Failure::upstream_certificate, "", false},
      {"a client that left", Failure::client_gone, "", false},
      {"a request that is refused", Failure::body_too_large, "", false},
  };
  for (const Case& c : cases) {
    INFO(c.what);
    ChainHarness chain(std::string("fallback: {") + c.when + "chain: [{static: {status: 203}}]}");
    chain.upstream_answers({c.answer});
    CHECK((chain.send("GET /").status == 203) == c.falls_back);
  }
}

TEST_CASE("fallback: steps are asked in order, the first that yields wins", "[filter][fallback]") {
  ChainHarness chain(
      "fallback: {chain: [{upstream: spare}, {upstream: other}, {static: {status: 203, body: fixed, headers: {X-A: "
      "b}}}]}");
  chain.upstream_answers({500});
  chain.upstream_answers("spare", {200, 503, 404, Failure::connect_failed});
  chain.upstream_answers("other", {201, 500});
  CHECK(chain.send("GET /").status == 200);
  CHECK(chain.upstream_calls("other") == 0);
  CHECK(chain.send("GET /").status == 201);
  CHECK(chain.send("GET /").status == 404);
  CHECK(chain.upstream_calls("other") == 1);
  const auto fixed = chain.send("GET /");
  CHECK(fixed.status == 203);
  CHECK(fixed.body == "fixed");
  CHECK(fixed.field("X-A") == "b");
  CHECK(chain.upstream_calls() == 4);
}

TEST_CASE("fallback: when no step yields, the last answer stands", "[filter][fallback]") {
  ChainHarness chain("fallback: {chain: [{upstream: spare}, {upstream: other}]}");
  chain.upstream_answers({500});
  chain.upstream_answers("spare", {502});
  chain.upstream_answers("other", {Failure::connect_failed});
  const auto result = chain.send("GET /");
  CHECK(result.failure == Failure::connect_failed);
  CHECK(result.why ==
        "fallback to upstream spare after 500; fallback to upstream other after 502; the endpoint refused the "
        "connection");
  CHECK(result.field("Proxy-Status").empty());  // the connection writes it
}

TEST_CASE("fallback: log and Proxy-Status say what failed and who answered", "[filter][fallback]") {
  const std::tuple<Answer, const char*, const char*> cases[] = {
      {500, "fallback to upstream spare after 500",
       "outrigger; received-status=500; details=\"fallback to upstream spare after 500\""},
      {Failure::breaker_open, "the circuit breaker is open; fallback to upstream spare after breaker_open",
       "outrigger; error=destination_unavailable; details=\"fallback to upstream spare after breaker_open\""}};
  for (const auto& [answer, why, status] : cases) {
    ChainHarness chain(kSpareThenStatic);
    chain.upstream_answers({answer});
    const auto result = chain.send("GET /");
    CHECK(result.why == why);
    CHECK(result.field("Proxy-Status") == status);
    CHECK(result.failure == Failure::none);
  }
}

TEST_CASE("fallback: a request goes to another upstream only if it may be sent again", "[filter][fallback]") {
  struct Case {
    const char* what;
    test::Request request;
    Answer answer;
    const char* options;
    int calls;
  };
  const Case cases[] = {
      {"a GET", "GET /", 500, "", 1},
      {"a POST that was answered", "POST /", 500, "", 0},
      {"a POST that may have been seen", "POST /", Failure::upstream_reset, "", 0},
      {"a POST that never left", "POST /", Failure::connect_failed, "", 1},
      {"a POST that the breaker refused", "POST /", Failure::breaker_open, "", 1},
      {"a POST with a key", {"POST /", {{"Idempotency-Key", "1"}}}, 500, "", 1},
      {"every method where it is allowed", "POST /", 500, "non_idempotent: true, ", 1},
  };
  for (const Case& c : cases) {
    INFO(c.what);
    ChainHarness chain(std::string("fallback: {") + c.options + "chain: [{upstream: spare}, {static: {status: 203}}]}");
    chain.upstream_answers({c.answer});
    CHECK(chain.send(c.request).status == (c.calls == 1 ? 200 : 203));
    CHECK(chain.upstream_calls("spare") == c.calls);
  }
}

TEST_CASE("fallback: a large content is not sent again, a fixed answer needs none", "[filter][fallback]") {
  ChainHarness chain(kSpareThenStatic);
  chain.upstream_answers({503});
  CHECK(chain.send({"PUT /", {}, "content"}).status == 200);
  CHECK(chain.upstream_requests("spare").at(0).body == "content");
  chain.set_can_replay(false);
  const auto result = chain.send({"PUT /", {}, "content"});
  CHECK(result.status == 203);
  CHECK(result.why ==
        "upstream spare was passed over: the request's content is too large to be sent again; "
        "fallback to static after 503");
}

TEST_CASE("fallback: a step has what is left of the request's time, static needs none", "[filter][fallback]") {
  ChainHarness chain(kSpareThenStatic);
  chain.upstream_answers({Answer(503).after(40s)});
  chain.upstream_answers("spare", {Answer(200).after(30s)});
  const auto late = chain.send("GET /");
  CHECK(late.status == 203);
  CHECK(late.duration == ChainHarness::kDeadline);

  chain.upstream_answers({Answer(200).after(2min)});
  const auto expired = chain.send("GET /");
  CHECK(expired.status == 203);
  CHECK(expired.why.find("upstream spare was passed over: no time is left") != std::string::npos);
}

TEST_CASE("fallback: filters behind it leave no trace in what another upstream gets", "[filter][fallback]") {
  ChainHarness chain(
      "[{fallback: {chain: [{upstream: spare}]}}, {rewrite: {path: {prefix: /a, to: /b}}}, "
      "{headers: {request: {add: {X-Inner: 1}}}}, {retry: {num_retries: 1}}]");
  chain.upstream_answers({503});
  CHECK(chain.send("GET /a").status == 200);
  CHECK(chain.upstream_calls() == 2);
  CHECK(chain.upstream_requests().at(0).target == "/b");
  const test::Received& spare = chain.upstream_requests("spare").at(0);
  CHECK(spare.target == "/a");
  CHECK(spare.field("X-Inner").empty());
  CHECK(spare.field("X-Retry-Attempt").empty());
}

TEST_CASE("fallback: a client that leaves ends it", "[filter][fallback]") {
  ChainHarness chain(kSpareThenStatic);
  chain.upstream_answers({500});
  chain.upstream_answers("spare", {Answer(200).after(1s)});
  CHECK(chain.send_and_leave("GET /").failure == Failure::client_gone);
  CHECK(chain.upstream_calls("spare") == 1);
}

TEST_CASE("fallback: each step is counted", "[filter][fallback]") {
  const auto counted = [](const char* step, const char* result) {
    const std::string text = stats::exposition();
    const std::string series =
        std::string("outrigger_fallbacks_total{upstream=\"app\",step=\"") + step + "\",result=\"" + result + "\"} ";
    const auto at = text.find(series);
    return at == std::string::npos ? -1 : std::stoi(text.substr(at + series.size()));
  };
  ChainHarness chain("fallback: {chain: [{upstream: other}, {static: {}}]}");
  const int before[] = {counted("upstream other", "answered"), counted("upstream other", "failed"),
                        counted("upstream other", "passed_over"), counted("static", "answered")};
  chain.upstream_answers({500});
  chain.upstream_answers("other", {200, 500});
  chain.send("GET /");
  chain.send("GET /");
  chain.send("POST /");
  CHECK(counted("upstream other", "answered") == before[0] + 1);
  CHECK(counted("upstream other", "failed") == before[1] + 1);
  CHECK(counted("upstream other", "passed_over") == before[2] + 1);
  CHECK(counted("static", "answered") == before[3] + 2);
}

TEST_CASE("fallback: mistakes are refused with the file", "[filter][fallback]") {
  const std::pair<const char*, const char*> cases[] = {
      {"fallback: {}", "missing key \"chain\""},
      {"fallback: {chain: []}", "chain needs at least one step"},
      {"fallback: {chain: [{}]}", "a step is one of stale, broader, upstream and static"},
      {"fallback: {chain: [{upstream: spare, static: {}}]}", "a step is one of stale, broader, upstream and static"},
      {"fallback: {chain: [{static: {}}, {upstream: spare}]}", "what stands behind it is never asked"},
      {"fallback: {chain: [{upstream: spar}]}", "unknown upstream \"spar\" (did you mean \"spare\"?)"},
      {"fallback: {chain: [{upstream: app}]}", "requests would go round in a circle: app -> app"},
      {"fallback: {chain: [{static: {status: 204, body: a}}]}", "has no body"},
      {"fallback: {when: [6xx], chain: [{static: {}}]}", "unknown condition"},
  };
  for (const auto& [filter, expected] : cases) {
    INFO(filter);
    CHECK(ChainHarness::errors(filter).find(expected) != std::string::npos);
  }
}

TEST_CASE("fallback: times that cannot be kept are told of upstreams that only a fallback leads to",
          "[filter][fallback]") {
  const std::string end = "  b: {endpoints: [127.0.0.1:2], timeouts: {connect: 5s}, limits: {queue_timeout: 6s}}\n";
  const std::string fallback = "filters: [{fallback: {chain: [{upstream: b}]}}]";
  const std::string cases[] = {
      "listeners: [{address: 8080, timeouts: {request: 2s}, upstream: a}]\n"
      "upstreams:\n  a: {endpoints: [127.0.0.1:1], " +
          fallback + "}\n" + end,
      "listeners: [{address: 8080, timeouts: {request: 2s}, " + fallback +
          ", upstream: a}]\n"
          "upstreams:\n  a: 127.0.0.1:1\n" +
          end,
      "listeners: [{address: 8080, routes: [{timeouts: {request: 2s}, " + fallback +
          ", upstream: a}]}]\n"
          "upstreams:\n  a: 127.0.0.1:1\n" +
          end,
      "listeners: [{address: 8080, timeouts: {request: 2s}, routes: [{upstream: a}], filters: [{fallback: {chain: "
      "[{upstream: c}]}}]}]\n"
      "upstreams:\n  a: 127.0.0.1:1\n  c: {endpoints: [127.0.0.1:3], " +
          fallback + "}\n" + end,
  };
  for (const std::string& text : cases) {
    INFO(text);
    const config::LoadResult loaded = config::load_text(text, "f.yaml", catalog());
    REQUIRE(loaded.settings);
    std::vector<std::string> told;
    for (const config::Diagnostic& diagnostic : loaded.diagnostics)
      told.push_back(diagnostic.path + ": " + diagnostic.message);
    CHECK(told == std::vector<std::string>{
                      "upstreams.b.timeouts.connect: 5s to connect cannot fit into request, 2s for all",
                      "upstreams.b.limits.queue_timeout: 6s in the queue cannot fit into request, 2s for all"});
  }
}

TEST_CASE("fallback: circles are errors with their place", "[filter][fallback]") {
  struct Case {
    const char* what;
    const char* text;
    const char* expected;  // empty: the file is good
  };
  const Case cases[] = {
      {"over a third",
       "listeners: [{address: 8080, upstream: a}]\n"
       "upstreams:\n"
       "  a: {endpoints: [127.0.0.1:1], filters: [{fallback: {chain: [{upstream: b}]}}]}\n"
       "  b: {endpoints: [127.0.0.1:2], filters: [{fallback: {chain: [{upstream: c}]}}]}\n"
       "  c: {endpoints: [127.0.0.1:3], filters: [{fallback: {chain: [{upstream: a}]}}]}\n",
       "5:74: upstreams.c.filters[0].fallback.chain[0].upstream: requests would go round in a circle: a -> b -> c -> "
       "a"},
      {"by a chain of its own",
       "chains: {safe: [{fallback: {chain: [{upstream: b}]}}]}\n"
       "listeners: [{address: 8080, upstream: a}]\n"
       "upstreams:\n"
       "  a: {endpoints: [127.0.0.1:1], filters: [{use: safe}]}\n"
       "  b: {endpoints: [127.0.0.1:2], filters: [{use: safe}]}\n",
       "requests would go round in a circle: b -> b"},
      {"a route to the same upstream",
       "listeners: [{address: 8080, routes: [{filters: [{fallback: {chain: [{upstream: a}]}}], upstream: a}]}]\n"
       "upstreams: {a: 127.0.0.1:1}\n",
       "this is the upstream that the requests come from"},
      {"no circle",
       "listeners: [{address: 8080, filters: [{fallback: {chain: [{upstream: c}]}}], upstream: a}]\n"
       "upstreams:\n"
       "  a: {endpoints: [127.0.0.1:1], filters: [{fallback: {chain: [{upstream: b}, {upstream: c}]}}]}\n"
       "  b: {endpoints: [127.0.0.1:2], filters: [{fallback: {chain: [{upstream: c}]}}]}\n"
       "  c: 127.0.0.1:3\n",
       ""},
  };
  for (const Case& c : cases) {
    INFO(c.what);
    const config::LoadResult loaded = config::load_text(c.text, "f.yaml", catalog());
    std::string errors;
    for (const config::Diagnostic& diagnostic : loaded.diagnostics) errors += config::render(diagnostic, false) + "\n";
    INFO(errors);
    CHECK(loaded.settings.has_value() == (*c.expected == '\0'));
    CHECK(errors.find(c.expected) != std::string::npos);
  }
}

}  // namespace outrigger::filters
