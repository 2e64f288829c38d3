#include <catch2/catch.hpp>
#include <string>

#include "adapters/logs/transform/field_rules.h"
#include "adapters/logs/transform/level.h"
#include "adapters/logs/transform/line_rules.h"
#include "adapters/logs/transform/normalize.h"
#include "adapters/logs/transform/trace_context.h"

using namespace outrigger;
using namespace outrigger::adapters::logs;

namespace {

Record record_with(std::initializer_list<std::pair<const char*, const char*>> fields) {
  Record record;
  record.read_at = WallTime(std::chrono::seconds(1795670161));
  record.source = "test";
  for (const auto& [name, value] : fields) record.add(name, value);
  return record;
}

std::string json_of(const Record& record) {
  std::string out;
  append_json(record, out);
  return out;
}

constexpr const char* kParent = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

}  // namespace

TEST_CASE("logs: a record is one line of JSON", "[adapters][logs]") {
  Record record = record_with({{"a", "x\"\\\n\x01"}, {"a", "twice"}, {"time", "mine"}});
  record.add("n", "1.5", Field::Kind::json);
  record.level = "info";
  record.message =
      "Gr\xC3\xBC\xC3\x9F"
      "e";
  CHECK(json_of(record) ==
        "{\"time\":\"2026-11-26T05:16:01.000Z\",\"level\":\"info\",\"msg\":\"Gr\xC3\xBC\xC3\x9F"
        "e\","
        "\"a\":\"x\\\"\\\\\\n\\u0001\",\"n\":1.5,\"source\":\"test\"}\n");
}

TEST_CASE("logs: time, level and message are found by their usual names", "[adapters][logs]") {
  Record record = record_with({{"ts", "2026-11-26 05:00:00"}, {"severity", "WARNING"}, {"message", "hot"}, {"x", "1"}});
  Normalizer({}).apply(record);
  CHECK(json_of(record) ==
        "{\"time\":\"2026-11-26T05:00:00.000Z\",\"level\":\"warn\",\"msg\":\"hot\",\"x\":\"1\",\"source\":\"test\"}\n");
}

TEST_CASE("logs: time, level and message are found by names and words that are set", "[adapters][logs]") {
  NormalizeRule rule;
  rule.time_field = "at";
  rule.formats = {*TimeFormat::compile("%d.%m.%Y %H:%M:%S")};
  rule.zone = *Zone::find("+01:00");
  rule.level_field = "kind";
  rule.levels = {{"Achtung", "warn"}};
  rule.message_field = "words";
  Record record = record_with({{"at", "26.11.2026 06:00:00"}, {"kind", "Achtung"}, {"words", "heiss"}, {"level", "9"}});
  Normalizer(rule).apply(record);
  CHECK(json_of(record).starts_with(R"({"time":"2026-11-26T05:00:00.000Z","level":"warn","msg":"heiss","source")"));
}

TEST_CASE("logs: a time that cannot be read stays beside the time of reading", "[adapters][logs]") {
  Record record = record_with({{"time", "noon"}, {"level", "loud"}});
  Normalizer({}).apply(record);
  CHECK(json_of(record) ==
        "{\"time\":\"2026-11-26T05:16:01.000Z\",\"level\":\"loud\",\"time_text\":\"noon\",\"source\":\"test\"}\n");
}

TEST_CASE("logs: levels have many words", "[adapters][logs]") {
  CHECK(level_of("ERR") == "error");
  CHECK(level_of("Informational") == "info");
  CHECK(level_of("50") == "error");
  CHECK(level_of("loud").empty());
  CHECK(level_of(std::string(100, 'x')).empty());
  CHECK(level_of_severity(4) == "warn");
  CHECK(severity_of("warn") == 4);
  CHECK(severity_of("loud") == 6);
  CHECK(severity_number("fatal") == 21);
  CHECK(severity_number("") == 0);
}

TEST_CASE("logs: fields are redacted, renamed, dropped, kept and added", "[adapters][logs]") {
  FieldRules rules;
  rules.redacted_fields = {"password"};
  rules.redacted_patterns = {*base::Regex::compile(R"(\d{4}-\d{4})")};
  rules.renamed = {{"old", "new"}};
  rules.dropped = {"noise"};
  rules.added = {{"app", "shop"}, {"new", "never"}};
  Record record = record_with({{"password", "x"}, {"old", "1"}, {"noise", "2"}, {"card", "is 1234-5678."}});
  record.message = "paid with 1234-5678 and 8765-4321";
  rules.apply(record);
  CHECK(record.message == "paid with [redacted] and [redacted]");
  CHECK(record.find("password")->value == "[redacted]");
  CHECK(record.find("card")->value == "is [redacted].");
  CHECK(record.find("new")->value == "1");
  CHECK(record.find("noise") == nullptr);
  CHECK(record.find("app")->value == "shop");
  FieldRules only;
  only.kept = {"app"};
  only.apply(record);
  CHECK(record.fields.size() == 1);
}

TEST_CASE("logs: events pass by what is in them and by how many come", "[adapters][logs]") {
  LineRules rules;
  rules.keep = *base::Regex::compile("a");
  rules.drop = *base::Regex::compile("b");
  const Instant now{std::chrono::seconds(100)};
  CHECK(rules.admit("a", now) == Admission::taken);
  CHECK(rules.admit("ab", now) == Admission::filtered);
  CHECK(rules.admit("c", now) == Admission::filtered);
  LineRules slow;
  slow.rate = Rate{10};
  slow.burst = 2;
  CHECK(slow.admit("", now) == Admission::taken);
  CHECK(slow.admit("", now) == Admission::taken);
  CHECK(slow.admit("", now) == Admission::over_rate);
  CHECK(slow.admit("", now + std::chrono::milliseconds(100)) == Admission::taken);
  CHECK(slow.admit("", now + std::chrono::milliseconds(100)) == Admission::over_rate);
}

TEST_CASE("logs: trace and request are named where a line carries them", "[adapters][logs]") {
  Record record = record_with({{"traceparent", kParent}});
  attach_trace_context(record);
  CHECK(record.find("trace_id")->value == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(record.find("span_id")->value == "00f067aa0ba902b7");

  const std::string line = std::string("done traceparent=\"") + kParent + "\" X-Request-Id: abc-123, x";
  Record words = record_with({});
  words.line = line;
  attach_trace_context(words);
  CHECK(words.find("trace_id")->value == "4bf92f3577b34da6a3ce929d0e0e4736");
  CHECK(words.find("request_id")->value == "abc-123");

  Record named = record_with({{"trace_id", "mine"}, {"requestId", "r1"}, {"traceparent", kParent}});
  attach_trace_context(named);
  CHECK(named.find("trace_id")->value == "mine");
  CHECK(named.find("request_id")->value == "r1");
}

TEST_CASE("logs: what is no traceparent names no trace", "[adapters][logs]") {
  CHECK(parse_traceparent(kParent));
  CHECK(parse_traceparent("01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more"));
  for (const char* bad : {"", "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-0",
                          "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
                          "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
                          "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
                          "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
                          "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more"}) {
    CAPTURE(bad);
    CHECK(!parse_traceparent(bad));
  }
}
