#include "filters/access_log/access_log.h"

#include <array>
#include <catch2/catch.hpp>
#include <nlohmann/json.hpp>

#include "support/chain_harness.h"

using namespace std::chrono_literals;

namespace outrigger::filters {
namespace {

using nlohmann::json;
using test::Answer;
using test::ChainHarness;
using test::Request;

// Keeps lines instead of writing them.
class Memory final : public LineLog {
 public:
  explicit Memory(std::vector<std::string>& lines) : lines_(lines) {}
  char* reserve() noexcept override { return is_full ? nullptr : room_.data(); }
  void commit(std::size_t size) noexcept override { lines_.emplace_back(room_.data(), size); }
  bool is_full = false;

 private:
  std::vector<std::string>& lines_;
  std::array<char, kMaxLine> room_{};
};

// A chain whose first filter is a log.
struct Logged {
  explicit Logged(const std::string& options, std::vector<Filter*> rest = {})
      : log(test::options<AccessLogOptions>("access_log: " + options), std::make_unique<Memory>(lines)),
        chain(with_log(std::move(rest))) {}
  std::vector<Filter*> with_log(std::vector<Filter*> rest) {
    rest.insert(rest.begin(), &log);
    return rest;
  }
  json line(std::size_t index = 0) const { return json::parse(lines.at(index)); }

  std::vector<std::string> lines;
  AccessLog log;
  ChainHarness chain;
};

}  // namespace

TEST_CASE("access_log: a JSON line has the standard fields that have a value", "[filter][access_log]") {
  Logged logged("{}");
  logged.chain.upstream_answers({Answer(201).after(1500ms)});
  logged.chain.send({"GET /a/b?c=d", {{"Host", "shop:80"}, {"User-Agent", "curl/8"}}});
  REQUIRE(logged.lines.size() == 1);
  CHECK(logged.lines[0].ends_with("}\n"));
  CHECK(logged.line() == json::parse(R"({"time": "2026-01-02T03:04:05.678Z", "method": "GET", "host": "shop",
      "path": "/a/b", "query": "c=d", "protocol": "HTTP/1.1", "status": 201, "duration": 1.5, "request_bytes": 0,
      "response_bytes": 0, "scheme": "https", "client_ip": "192.0.2.7", "listener": "web", "route": "route",
      "upstream": "app", "endpoint": "127.0.0.1:9000", "tries": 1, "user_agent": "curl/8"})"));
}

TEST_CASE("access_log: it says what failed and why", "[filter][access_log]") {
  Logged logged("{}");
  logged.chain.upstream_answers({Failure::connect_failed});
  logged.chain.send("GET /");
  CHECK(logged.line()["status"] == 502);
  CHECK(logged.line()["failure"] == "connect_failed");
  CHECK(logged.line()["why"] == "the endpoint refused the connection");
}

TEST_CASE("access_log: a request that was refused unread is logged", "[filter][access_log]") {
  Logged logged("{}");
  logged.chain.refuse(Failure::bad_framing);
  CHECK(logged.line()["failure"] == "bad_framing");
  CHECK(logged.line()["status"] == 400);
}

TEST_CASE("access_log: a client that leaves is logged without a status", "[filter][access_log]") {
  Logged logged("{}");
  logged.chain.upstream_answers({Answer(200).after(10s)});
  logged.chain.send_and_leave("GET /");
  CHECK(logged.line()["status"] == 0);
  CHECK(logged.line()["failure"] == "client_gone");
  CHECK(logged.line()["why"] == "the client closed the connection before the answer was complete");
}

TEST_CASE("access_log: the request is shown as the client sent it", "[filter][access_log]") {
  class Rewriter final : public Filter {
   public:
    [[clang::coro_wrapper]] Task<Response> handle(Exchange& exchange, Next next) override {
      exchange.request().target = "/secret";
      exchange.request().authority = "inside";
      return next(exchange);
    }
  } rewriter;
  Logged logged("{}", {&rewriter});
  logged.chain.send("GET /public?a");
  CHECK(logged.line()["path"] == "/public");
  CHECK(logged.line()["query"] == "a");
  CHECK(logged.line()["host"] == "test");
}

TEST_CASE("access_log: credentials are never shown", "[filter][access_log]") {
  const test::Fields fields = {{"Authorization", "Basic secret"},
                               {"Proxy-Authorization", "secret"},
                               {"Cookie", "id=secret"},
                               {"Set-Cookie", "secret"}};
  const char* json_log =
      "{fields: {add: {a: '${header:authorization}', b: '${header:Proxy-Authorization}', c: 'x ${header:COOKIE}', d: "
      "'${header:set-cookie}'}}}";
  Logged asked(json_log);
  asked.chain.send({"GET /", fields});
  CHECK(asked.lines.at(0).find("secret") == std::string::npos);
  CHECK(asked.line()["a"] == "[redacted]");
  CHECK(asked.line()["c"] == "x [redacted]");
  Logged text("{format: '${header:Cookie} ${header:Authorization}'}");
  text.chain.send({"GET /", fields});
  CHECK(text.lines.at(0) == "[redacted] [redacted]\n");
}

TEST_CASE("access_log: fields are added, replaced and dropped", "[filter][access_log]") {
  Logged logged(
      "{fields: {add: {\"a\\\"b\": '${header:X-A}', size: '${response_bytes}', status: 'code ${status}', none: "
      "'${header:X-None}'}, drop: [time, query]}}");
  logged.chain.send({"GET /?q", {{"X-A", "1"}}});
  const json line = logged.line();
  CHECK(line["a\"b"] == "1");
  CHECK(line["size"] == 0);
  CHECK(line["status"] == "code 200");
  for (const char* absent : {"none", "time", "query"}) CHECK_FALSE(line.contains(absent));
}

TEST_CASE("access_log: whatever a client sends, the line is one line of JSON in UTF-8", "[filter][access_log]") {
  const std::pair<std::string, std::string> cases[] = {
      {"\"}\\", "\"}\\"},
      {"a\tb", "a\tb"},
      {"\xc3\xa9 \xe2\x82\xac \xf0\x9f\x9a\xa3", "\xc3\xa9 \xe2\x82\xac \xf0\x9f\x9a\xa3"},
      {"\xff", "\xc3\xbf"},
      {"\xc3(", "\xc3\x83("},
      {"\xc0\xaf", "\xc3\x80\xc2\xaf"},              // an overlong slash
      {"\xed\xa0\x80", "\xc3\xad\xc2\xa0\xc2\x80"},  // half of a surrogate pair
      {"\xe2\x82", "\xc3\xa2\xc2\x82"},              // cut short
      {std::string(3000, 'a'), std::string(2048, 'a') + "..."},
  };
  for (const auto& [sent, shown] : cases) {
    INFO(sent);
    Logged logged("{}");
    logged.chain.send({"GET /", {{"User-Agent", sent}}});
    CHECK(logged.lines.at(0).find('\n') == logged.lines[0].size() - 1);
    CHECK(logged.line()["user_agent"] == shown);
  }
}

TEST_CASE("access_log: a byte that is escaped is found wherever it stands in a value", "[filter][access_log]") {
  const auto json = [](std::string_view value) {
    std::array<char, 512> room;
    Line line(room.data(), room.size());
    line.json(value);
    return std::string(room.data(), line.mark());
  };
  const std::pair<std::string, std::string> bytes[] = {{"\"", "\\\""},      {"\\", "\\\\"},
                                                       {"\x1f", "\\u001f"}, {"\x7f", "\\u007f"},
                                                       {"\xff", "\\u00ff"}, {"\xc3\xa9", "\xc3\xa9"}};
  for (std::size_t size = 0; size < 50; ++size) {
    const std::string text(size, 'x');
    CHECK(json(text) == text);
    for (std::size_t at = 0; at <= size; ++at) {
      for (const auto& [byte, escaped] : bytes) {
        if (json(std::string(text).insert(at, byte)) != std::string(text).insert(at, escaped))
          FAIL_CHECK(size << " " << at);
      }
    }
  }
}

TEST_CASE("access_log: a line that would be too long loses whole fields", "[filter][access_log]") {
  Logged logged("{fields: {add: {a: '${header:X}', b: '${header:X}', c: '${header:X}', d: '${header:X}', e: 'z'}}}");
  logged.chain.send({"GET /", {{"X", std::string(500, '\xff')}}});
  REQUIRE(logged.lines.at(0).size() <= LineLog::kMaxLine);
  CHECK(logged.line().contains("status"));
  CHECK_FALSE(logged.line().contains("d"));
}

TEST_CASE("access_log: text has a dash for what is absent, and escapes", "[filter][access_log]") {
  Logged text("{format: text}");
  text.chain.send("GET /a?b");
  CHECK(text.lines.at(0) ==
        "2026-01-02T03:04:05.678Z 192.0.2.7 \"GET /a?b HTTP/1.1\" 200 0 0.000000 app 127.0.0.1:9000 - - \"-\"\n");
  Logged own("{format: '<${header:X-A}> ${status} $${x}'}");
  own.chain.send({"GET /", {{"X-A", "a\"\\\t\xc3\xa9"}}});
  CHECK(own.lines.at(0) == "<a\\\"\\\\\\x09\\xc3\\xa9> 200 ${x}\n");
}

TEST_CASE("access_log: common and combined are as Apache's httpd writes them", "[filter][access_log]") {
  const test::Fields fields = {{"Referer", "http://a/\"b"}, {"User-Agent", "curl/8"}};
  Logged common("{format: common}");
  common.chain.send({"GET /a?b", fields});
  CHECK(common.lines.at(0) == "192.0.2.7 - - [02/Jan/2026:03:04:05 +0000] \"GET /a?b HTTP/1.1\" 200 0\n");
  Logged combined("{format: combined}");
  combined.chain.set_client({.user = "ann"});
  combined.chain.send({"GET /", fields});
  CHECK(combined.lines.at(0) ==
        "192.0.2.7 - ann [02/Jan/2026:03:04:05 +0000] \"GET / HTTP/1.1\" 200 0 \"http://a/\\\"b\" \"curl/8\"\n");
}

TEST_CASE("access_log: a record for a collector has the fields as attributes", "[filter][access_log]") {
  const std::tuple<test::Answer, int, const char*> cases[] = {
      {200, 9, "INFO"}, {404, 13, "WARN"}, {503, 17, "ERROR"}, {Failure::connect_failed, 17, "ERROR"}};
  for (const auto& [answer, severity, word] : cases) {
    INFO(word);
    Logged logged("{exporter: {otlp: 'http://h', encoding: json}, fields: {add: {x: 'a${header:X}'}, drop: listener}}");
    logged.chain.upstream_answers({test::Answer(answer).after(1500ms)});
    logged.chain.send({"GET /a?b", {{"X", "1\"\xff"}}});
    const json record = logged.line();
    CHECK(record["severityNumber"] == severity);
    CHECK(record["severityText"] == word);
    CHECK(record["timeUnixNano"] == "1767323045678000000");
    CHECK(record["observedTimeUnixNano"] == "1767323047178000000");
    CHECK(record["body"]["stringValue"].get<std::string>().starts_with("GET /a?b "));
    json attributes;
    for (const json& each : record["attributes"]) attributes[each["key"]] = each["value"];
    CHECK(attributes["method"]["stringValue"] == "GET");
    CHECK(attributes["status"]["intValue"].is_string());
    CHECK(attributes["duration"]["doubleValue"] == 1.5);
    CHECK(attributes["x"]["stringValue"] == "a1\"\xc3\xbf");
    CHECK_FALSE(attributes.contains("listener"));
    CHECK_FALSE(attributes.contains("time"));
    CHECK_FALSE(attributes.contains("request_id"));
  }
}

TEST_CASE("access_log: a record that would be too long says less", "[filter][access_log]") {
  for (const char* encoding : {"json", "protobuf"}) {
    INFO(encoding);
    Logged logged(std::string("{exporter: {otlp: 'http://h', encoding: ") + encoding +
                  "}, fields: {add: {a: '${header:X}', b: '${header:X}', c: '${header:X}'}}}");
    logged.chain.send({"GET /", {{"X", std::string(3000, '\xff')}}});
    REQUIRE(logged.lines.size() == 1);
    CHECK(logged.lines[0].size() <= LineLog::kMaxLine);
  }
}

TEST_CASE("access_log: when names what is logged", "[filter][access_log]") {
  const std::tuple<const char*, int, Duration, bool> cases[] = {
      {"{}", 200, 0s, true},
      {"{when: {status: 5xx}}", 200, 0s, false},
      {"{when: {status: 5xx}}", 503, 0s, true},
      {"{when: {status: [404, 500-502]}}", 501, 0s, true},
      {"{when: {status: [404, 500-502]}}", 503, 0s, false},
      {"{when: {slower_than: 1s}}", 200, 1s, false},
      {"{when: {slower_than: 1s}}", 200, 2s, true},
      {"{when: {slower_than: 1s, status: 5xx}}", 500, 0s, true},
      {"{when: {sample: 100%}}", 200, 0s, true},
      {"{when: {sample: 0%}}", 500, 0s, false},
      {"{when: {sample: 0%, status: 5xx}}", 500, 0s, true},
  };
  for (const auto& [options, status, takes, expected] : cases) {
    INFO(options << " " << status);
    Logged logged(options);
    logged.chain.upstream_answers({Answer(status).after(takes)});
    logged.chain.send("GET /");
    CHECK(logged.lines.size() == (expected ? 1 : 0));
  }
  Logged cut("{when: {status: 5xx}}");
  cut.chain.upstream_answers({Answer(200).after(1s)});
  cut.chain.send_and_leave("GET /");
  CHECK(cut.lines.size() == 1);
}

TEST_CASE("access_log: a sample is a share", "[filter][access_log]") {
  Logged logged("{when: {sample: 10%}}");
  for (int i = 0; i < 10000; ++i) logged.chain.send("GET /");
  CHECK(logged.lines.size() > 800);
  CHECK(logged.lines.size() < 1200);
}

namespace {

// Calls the rest of the chain so many times; the last answer counts.
class Repeating final : public Filter {
 public:
  explicit Repeating(int times) : times_(times) {}
  bool repeats() const override { return true; }
  Task<Response> handle(Exchange& exchange, Next next) override {
    for (int i = 1; i < times_; ++i) (void)co_await next(exchange);
    co_return co_await next(exchange);
  }

 private:
  const int times_;
};

}  // namespace

TEST_CASE("access_log: behind retry it is one line for all tries", "[filter][access_log]") {
  std::vector<std::string> lines;
  AccessLog log(AccessLogOptions{}, std::make_unique<Memory>(lines));
  Repeating thrice(3);
  ChainHarness chain(std::vector<Filter*>{&thrice, &log});
  chain.send("GET /");
  CHECK(chain.upstream_calls() == 3);
  REQUIRE(lines.size() == 1);
  CHECK(json::parse(lines[0])["tries"] == 3);
}

TEST_CASE("access_log: behind retry it is one line though no try comes to the service", "[filter][access_log]") {
  std::vector<std::string> lines;
  AccessLog log(AccessLogOptions{}, std::make_unique<Memory>(lines));
  Repeating twice(2);
  class Refusal final : public Filter {
   public:
    Task<Response> handle(Exchange& exchange, Next) override { co_return exchange.fail(Failure::breaker_open); }
  } refusal;
  ChainHarness chain(std::vector<Filter*>{&twice, &log, &refusal});
  chain.send("GET /");
  REQUIRE(lines.size() == 1);
  CHECK(json::parse(lines[0])["tries"] == 0);
}

TEST_CASE("access_log: mistakes are refused with the file", "[filter][access_log]") {
  const std::pair<const char*, const char*> cases[] = {
      {"access_log: {format: jsno}", "did you mean \"json\""},
      {"access_log: {format: '${tiem}'}", "did you mean \"time\""},
      {"access_log: {format: text, fields: {drop: time}}", "fields are for `format: json`"},
      {"access_log: {fields: {drop: statsu}}", "did you mean \"status\""},
      {"access_log: {fields: {add: {a: '${x}'}}}", "unknown variable \"x\""},
      {"access_log: {when: {status: 6xx}}", "is no status"},
      {"access_log: {path: /no/such/directory/a.log}", "cannot write"},
      {"access_log: {path: ''}", "leave it out"},
      {"access_log: {format: combind}", "did you mean \"combined\""},
      {"access_log: {exporter: {zipkin: 'http://h'}}", "log records go to `otlp` only"},
      {"access_log: {exporter: {otlp: 'http://h'}, format: text}", "leave `format` out"},
      {"access_log: {exporter: {otlp: 'http://h'}, path: /tmp/a.log}", "write the filter twice"},
  };
  for (const auto& [filter, expected] : cases) {
    INFO(filter);
    CHECK(ChainHarness::errors(filter).find(expected) != std::string::npos);
  }
}

}  // namespace outrigger::filters
