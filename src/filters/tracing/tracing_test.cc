#include "filters/tracing/tracing.h"

#include <catch2/catch.hpp>
#include <regex>

#include "support/traced.h"

namespace outrigger::filters {
namespace {

using test::Answer;
using test::ChainHarness;
using test::Fields;
using test::kSampled;
using test::kSpan;
using test::kTrace;
using test::kUnsampled;
using test::Traced;

bool is_context(const std::string& text) {
  return std::regex_match(text, std::regex("00-[0-9a-f]{32}-[0-9a-f]{16}-0[01]"));
}

}  // namespace

TEST_CASE("tracing: a request without a trace begins one", "[filter][tracing]") {
  ChainHarness chain("tracing: {}");
  chain.send("GET /");
  chain.send("GET /");
  const std::string first = chain.upstream_requests()[0].field("traceparent");
  CHECK(is_context(first));
  CHECK(first.substr(3, 32) != chain.upstream_requests()[1].field("traceparent").substr(3, 32));
  CHECK(chain.upstream_requests()[0].field("tracestate").empty());
}

TEST_CASE("tracing: a client's trace goes on where it is trusted", "[filter][tracing]") {
  const std::tuple<const char*, bool, bool> cases[] = {
      {"{}", false, false},
      {"{}", true, true},
      {"{trust: true}", false, true},
      {"{trust: false}", true, false},
  };
  for (const auto& [options, is_trusted_peer, goes_on] : cases) {
    INFO(options << " " << is_trusted_peer);
    Traced traced(options);
    traced.chain.set_trusted_peer(is_trusted_peer);
    traced.chain.send({"GET /", {{"traceparent", kSampled}, {"tracestate", "a=1, b=2"}}});
    CHECK(is_context(traced.sent("traceparent")));
    CHECK((traced.sent("traceparent").substr(3, 32) == kTrace) == goes_on);
    CHECK(traced.sent("traceparent").substr(36, 16) != kSpan);
    CHECK(traced.sent("tracestate") == (goes_on ? "a=1,b=2" : ""));
  }
}

TEST_CASE("tracing: a context that is malformed begins a new trace", "[filter][tracing]") {
  const Fields cases[] = {
      {{"traceparent", kSampled + "x"}, {"tracestate", "a=1"}},
      {{"traceparent", kSampled}, {"traceparent", kSampled}, {"tracestate", "a=1"}},
      {{"tracestate", "a=1"}},
      {{"b3", "nonsense"}},
      {{"X-B3-TraceId", kTrace}},
  };
  for (const Fields& fields : cases) {
    INFO(fields[0].second);
    Traced traced("{trust: true}");
    traced.chain.send({"GET /", fields});
    CHECK(is_context(traced.sent("traceparent")));
    CHECK(traced.sent("traceparent").substr(3, 32) != kTrace);
    CHECK(traced.sent("tracestate").empty());
    CHECK(traced.sent("b3").empty());
    CHECK(traced.sent("X-B3-TraceId").empty());
    CHECK(traced.span(1)["parentSpanId"].is_null());
  }
  Traced bad_state("{trust: true}");
  bad_state.chain.send({"GET /", {{"traceparent", kSampled}, {"tracestate", "a=1,a=2"}}});
  CHECK(bad_state.sent("traceparent").substr(3, 32) == kTrace);
  CHECK(bad_state.sent("tracestate").empty());
}

TEST_CASE("tracing: B3 is understood, and written where it is asked for", "[filter][tracing]") {
  const Fields contexts[] = {
      {{"b3", kTrace + "-" + kSpan + "-1"}},
      {{"X-B3-TraceId", kTrace}, {"X-B3-SpanId", kSpan}, {"X-B3-Sampled", "1"}, {"X-B3-ParentSpanId", kSpan}},
      {{"traceparent", kSampled}, {"b3", "0"}},  // W3C comes first
  };
  for (const Fields& fields : contexts) {
    INFO(fields[0].first);
    Traced traced("{trust: true, propagation: [w3c, b3, b3_multi]}");
    traced.chain.send({"GET /", fields});
    const std::string context = traced.sent("traceparent");
    CHECK(context.starts_with("00-" + kTrace + "-"));
    CHECK(context.ends_with("-01"));
    CHECK(traced.sent("b3") == context.substr(3, 50) + "1");
    CHECK(traced.sent("X-B3-TraceId") == kTrace);
    CHECK(traced.sent("X-B3-SpanId") == context.substr(36, 16));
    CHECK(traced.span(1)["spanId"] == traced.sent("X-B3-ParentSpanId"));
    CHECK(traced.sent("X-B3-Sampled") == "1");
    CHECK(traced.span(1)["parentSpanId"] == kSpan);
  }
  Traced only("{trust: true, propagation: b3}");
  only.chain.send({"GET /", {{"b3", "d"}}});
  CHECK(only.sent("traceparent").empty());
  CHECK(only.sent("b3").ends_with("-d"));
  Traced none("{trust: true}");
  none.chain.send({"GET /", {{"b3", kTrace + "-" + kSpan + "-1"}}});
  CHECK(none.sent("b3").empty());
  CHECK(none.sent("traceparent").starts_with("00-" + kTrace));
}

TEST_CASE("tracing: the parent decides what is sampled, else the share", "[filter][tracing]") {
  const std::tuple<const char*, std::string, bool> cases[] = {
      {"{trust: true, sample: 0%}", kSampled, true},   {"{trust: true, sample: 100%}", kUnsampled, false},
      {"{trust: true, sample: 100%}", "", true},       {"{trust: true, sample: 0%}", "", false},
      {"{trust: false, sample: 0%}", kSampled, false}, {"{trust: false}", kUnsampled, true},
  };
  for (const auto& [options, parent, is_sampled] : cases) {
    INFO(options << " " << parent);
    Traced traced(options);
    traced.chain.send({"GET /", parent.empty() ? Fields{} : Fields{{"traceparent", parent}}});
    CHECK(traced.records.size() == (is_sampled ? 2 : 0));
    CHECK(traced.sent("traceparent").ends_with(is_sampled ? "-01" : "-00"));
  }
  Traced b3("{trust: true, sample: 100%}");
  b3.chain.send({"GET /", {{"b3", "0"}}});
  CHECK(b3.records.empty());
}

TEST_CASE("tracing: what failed is told whatever was decided at its start", "[filter][tracing]") {
  const std::tuple<const char*, Answer, bool> cases[] = {
      {"{trust: true}", 503, true},  {"{trust: true}", Failure::connect_failed, true},    {"{trust: true}", 404, false},
      {"{trust: true}", 200, false}, {"{trust: true, sample_errors: false}", 503, false},
  };
  for (const auto& [options, answer, is_told] : cases) {
    INFO(options << " " << answer.status);
    Traced traced(options);
    traced.chain.upstream_answers({answer});
    traced.chain.send({"GET /", {{"traceparent", kUnsampled}}});
    CHECK(traced.records.size() == (is_told ? 2 : 0));
    CHECK(traced.sent("traceparent").ends_with("-00"));
    if (is_told) CHECK(traced.span(1)["flags"] == 0x300);
  }
}

TEST_CASE("tracing: the block has the defaults, the filter the last word", "[filter][tracing]") {
  config::Tracing block;
  block.exporter = config::Exporter{.otlp = "http://block"};
  block.sample = Share{0.5};
  block.propagation = {config::Propagation::b3};
  const TracingOptions plain = merged({}, &block);
  CHECK(plain.exporter->otlp == "http://block");
  CHECK(plain.sample->value == 0.5);
  CHECK(plain.propagation == block.propagation);
  TracingOptions own;
  own.exporter = config::Exporter{.zipkin = "http://own"};
  own.sample = Share{0.1};
  own.sample_errors = false;
  own.propagation = {config::Propagation::w3c};
  const TracingOptions both = merged(own, &block);
  CHECK(both.exporter->zipkin == "http://own");
  CHECK(both.sample->value == 0.1);
  CHECK(both.sample_errors == false);
  CHECK(both.propagation == own.propagation);
}

TEST_CASE("tracing: mistakes are refused with the file", "[filter][tracing]") {
  const std::pair<const char*, const char*> cases[] = {
      {"tracing: {exporter: {}}", "needs one of otlp and zipkin"},
      {"tracing: {exporter: {otlp: 'http://a', zipkin: 'http://b'}}", "needs one of otlp and zipkin"},
      {"tracing: {exporter: {otlp: 127.0.0.1:4318}}", "begins with http:// or https://"},
      {"tracing: {exporter: {otlp: 'http://'}}", "names no host"},
      {"tracing: {exporter: {otlp: 'http://me:pw@h'}}", "user name or password"},
      {"tracing: {exporter: {otlp: 'http://h', headers: {Authorization: 'Bearer x'}}}", "is a secret"},
      {"tracing: {exporter: {otlp: 'http://h', encoding: xml}}", "encoding"},
      {"tracing: {propagation: jaeger}", "propagation"},
      {"tracing: {sample: 10}", "10%"},
  };
  for (const auto& [filter, expected] : cases) {
    INFO(filter << ChainHarness::errors(filter));
    CHECK(ChainHarness::errors(filter) != "");
    CHECK((ChainHarness::errors(filter).find(expected) != std::string::npos ||
           std::string_view(expected) == "encoding" || std::string_view(expected) == "propagation"));
  }
  CHECK(ChainHarness::errors("tracing: {exporter: {otlp: 'http://h', headers: {X-Tenant: a}}, sample: 10%}").empty());
}

}  // namespace outrigger::filters
