#include "filters/tracing/span.h"

#include <catch2/catch.hpp>

#include "support/traced.h"

using namespace std::chrono_literals;

namespace outrigger::filters {
namespace {

using nlohmann::json;
using test::Answer;
using test::ChainHarness;
using test::kSampled;
using test::kSpan;
using test::kTrace;
using test::Traced;

// Tries thrice.
class Thrice final : public Filter {
 public:
  bool repeats() const override { return true; }
  Task<Response> handle(Exchange& exchange, Next next) override {
    (void)co_await next(exchange);
    exchange.decide("retry", "try 2 after 503");
    (void)co_await next(exchange);
    exchange.decide("retry", "try 3 after 503");
    co_return co_await next(exchange);
  }
};

}  // namespace
TEST_CASE("tracing: a server's span has the conventions' names", "[filter][tracing]") {
  Traced traced("{trust: true}");
  traced.chain.upstream_answers({Answer(201).after(1500ms)});
  traced.chain.send(
      {"POST /a/b?c=d&sig=secret",
       {{"Host", "shop:8443"}, {"User-Agent", "curl/8"}, {"traceparent", kSampled}, {"tracestate", "a=1"}}});
  REQUIRE(traced.records.size() == 2);
  json span = traced.span(1);
  CHECK(span["traceId"] == kTrace);
  CHECK(span["parentSpanId"] == kSpan);
  CHECK(span["traceState"] == "a=1");
  CHECK(span["name"] == "POST");
  CHECK(span["kind"] == 2);
  CHECK(span["flags"] == 0x301);
  CHECK(span["startTimeUnixNano"] == "1767323045678000000");
  CHECK(span["endTimeUnixNano"] == "1767323047178000000");
  CHECK(span["status"].is_null());
  const std::pair<const char*, json> attributes[] = {
      {"http.request.method", "POST"},
      {"url.path", "/a/b"},
      {"url.query", "c=d&sig=[redacted]"},
      {"url.scheme", "https"},
      {"server.address", "shop"},
      {"server.port", "8443"},
      {"client.address", "192.0.2.7"},
      {"network.protocol.version", "1.1"},
      {"user_agent.original", "curl/8"},
      {"http.response.status_code", "201"},
      {"error.type", nullptr},
      {"outrigger.listener", "web"},
      {"outrigger.route", "route"},
      {"outrigger.upstream", "app"},
  };
  for (const auto& [key, value] : attributes) {
    INFO(key);
    CHECK(traced.attribute(1, key) == value);
  }
}

TEST_CASE("tracing: each try is a client's span, and the service is told which", "[filter][tracing]") {
  Thrice thrice;
  Traced traced("{}", {&thrice});
  traced.chain.upstream_answers({503, Failure::connect_failed, Answer(200).after(1s)});
  traced.chain.send("GET /a?b");
  REQUIRE(traced.records.size() == 4);
  json server = traced.span(3);
  for (std::size_t i = 0; i < 3; ++i) {
    INFO(i);
    json span = traced.span(i);
    CHECK(span["kind"] == 3);
    CHECK(span["traceId"] == server["traceId"]);
    CHECK(span["parentSpanId"] == server["spanId"]);
    CHECK(span["spanId"] == traced.sent("traceparent", i).substr(36, 16));
    CHECK(traced.attribute(i, "url.full") == "http://127.0.0.1:9000/a?b");
    CHECK(traced.attribute(i, "server.address") == "127.0.0.1");
    CHECK(traced.attribute(i, "server.port") == "9000");
    CHECK(traced.attribute(i, "network.peer.address") == "127.0.0.1");
    CHECK(traced.attribute(i, "http.request.resend_count") == (i == 0 ? json() : json(std::to_string(i))));
  }
  CHECK(traced.attribute(0, "error.type") == "503");
  CHECK(traced.attribute(1, "error.type") == "connect_failed");
  CHECK(traced.span(1)["status"]["message"] == "the endpoint refused the connection");
  CHECK(traced.attribute(2, "error.type").is_null());
  CHECK(traced.span(0)["status"]["code"] == 2);
  json events = server["events"];
  REQUIRE(events.size() == 3);  // the failure itself is one
  CHECK(events[0]["name"] == "retry");
  CHECK(events[0]["attributes"][0]["value"]["stringValue"] == "try 2 after 503");
  CHECK(events[1]["name"] == "connect_failed");
}

TEST_CASE("tracing: behind retry there is still one server's span", "[filter][tracing]") {
  Thrice thrice;
  std::vector<std::string> records;
  Tracing tracing(
      test::options<TracingOptions>("tracing: {trust: true}"),
      std::make_unique<SpanSink>(SpanSink::Form::otlp_json, "shop", std::make_unique<test::KeptRecords>(records)));
  ChainHarness chain(std::vector<Filter*>{&thrice, &tracing});
  chain.send({"GET /", {{"traceparent", kSampled}}});
  CHECK(records.size() == 4);
  for (int i = 0; i < 3; ++i) {
    const auto& request = chain.upstream_requests()[static_cast<std::size_t>(i)];
    CHECK(test::values_of(request.fields, "traceparent").size() == 1);
    CHECK(json::parse(records[static_cast<std::size_t>(i)])["spanId"] == request.field("traceparent").substr(36, 16));
  }
}

TEST_CASE("tracing: a client that leaves and a request that was refused end their span", "[filter][tracing]") {
  Traced left;
  left.chain.upstream_answers({Answer(200).after(10s)});
  left.chain.send_and_leave("GET /");
  REQUIRE(left.records.size() == 2);
  CHECK(left.attribute(0, "error.type") == "client_gone");
  CHECK(left.attribute(1, "error.type") == "client_gone");
  Traced refused;
  refused.chain.refuse(Failure::bad_framing);
  REQUIRE(refused.records.size() == 1);
  CHECK(refused.attribute(0, "http.response.status_code") == "400");
  CHECK(refused.attribute(0, "outrigger.failure") == "bad_framing");
  CHECK(refused.attribute(0, "error.type").is_null());  // the client's fault is no error of a server's span
}

TEST_CASE("tracing: an answer that breaks off is a failed try", "[filter][tracing]") {
  Traced traced;
  traced.chain.upstream_answers({Answer(200).breaks_off(Failure::response_truncated)});
  traced.chain.send("GET /");
  CHECK(traced.attribute(0, "http.response.status_code") == "200");
}

TEST_CASE("tracing: a method that nobody knows is _OTHER", "[filter][tracing]") {
  Traced traced;
  traced.chain.send("BREW /");
  CHECK(traced.span(1)["name"] == "HTTP");
  CHECK(traced.attribute(1, "http.request.method") == "_OTHER");
  CHECK(traced.attribute(1, "http.request.method_original") == "BREW");
}

TEST_CASE("tracing: a span that would be too long says less", "[filter][tracing]") {
  for (const auto form : {SpanSink::Form::otlp, SpanSink::Form::otlp_json, SpanSink::Form::zipkin}) {
    Traced traced("{}", {}, form);
    const std::string path = "/" + std::string(3000, 'x');
    traced.chain.send({("GET " + path).c_str(), {{"User-Agent", std::string(3000, '\xff')}}});
    REQUIRE(traced.records.size() == 2);
    for (const std::string& record : traced.records) CHECK(record.size() <= LineLog::kMaxLine);
    if (form != SpanSink::Form::otlp) CHECK_NOTHROW(traced.span(1));
  }
}

}  // namespace outrigger::filters
