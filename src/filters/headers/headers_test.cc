#include <catch2/catch.hpp>

#include "support/chain_harness.h"

namespace outrigger::filters {

using test::Answer;
using test::ChainHarness;
using test::Fields;
using test::Request;
using test::values_of;

TEST_CASE("headers: the request is changed before the upstream sees it", "[filter][headers]") {
  ChainHarness chain(
      "headers: {request: {remove: X-Gone, set: {X-Set: new}, append: {X-List: c}, add: {X-Tag: [a, b], X-One: 1}}}");
  chain.send(
      {"GET /",
       {{"x-gone", "1"}, {"X-Gone", "2"}, {"x-set", "old"}, {"X-Set", "older"}, {"X-List", "a, b"}, {"X-One", "0"}}});
  const Fields& fields = chain.upstream_requests().at(0).fields;
  CHECK(values_of(fields, "X-Gone").empty());
  CHECK(values_of(fields, "X-Set") == std::vector<std::string>{"new"});
  CHECK(values_of(fields, "X-List") == std::vector<std::string>{"a, b, c"});
  CHECK(values_of(fields, "X-Tag") == std::vector<std::string>{"a", "b"});
  CHECK(values_of(fields, "X-One") == std::vector<std::string>{"0", "1"});
}

TEST_CASE("headers: the response is changed on its way back, whoever made it", "[filter][headers]") {
  ChainHarness chain(
      "headers: {response: {remove: [Server], set: {X-Status: \"${status} ${endpoint}\"}, append: {Vary: Accept}}}");
  chain.upstream_answers({Answer(404, {{"Server", "app"}, {"Vary", "Cookie"}}), Failure::connect_failed});
  const auto first = chain.send("GET /");
  CHECK(first.field("Server").empty());
  CHECK(first.field("X-Status") == "404 127.0.0.1:9000");
  CHECK(first.field("Vary") == "Cookie, Accept");
  CHECK(chain.send("GET /").field("X-Status") == "502 127.0.0.1:9000");
}

TEST_CASE("headers: a value whose variables are all empty says nothing", "[filter][headers]") {
  ChainHarness chain(
      "headers: {request: {set: {X-User: \"${header:X-Auth}\"}, append: {X-List: \"${query}\"}, add: {X-Id: "
      "\"id ${request_id}\"}}}");
  chain.send({"GET /", {{"X-User", "forged"}, {"X-List", "a"}}});
  const Fields& fields = chain.upstream_requests().at(0).fields;
  CHECK(values_of(fields, "X-User").empty());
  CHECK(values_of(fields, "X-List") == std::vector<std::string>{"a"});
  CHECK(values_of(fields, "X-Id").empty());
}

TEST_CASE("headers: behind retry every try starts from the same head", "[filter][headers]") {
  ChainHarness chain("[{retry: {}}, {headers: {request: {add: {X-A: 1}, append: {X-List: b}}}}]");
  chain.upstream_answers({503, 503, 200});
  chain.send({"GET /", {{"X-List", "a"}}});
  REQUIRE(chain.upstream_calls() == 3);
  for (const auto& request : chain.upstream_requests()) {
    CHECK(values_of(request.fields, "X-A") == std::vector<std::string>{"1"});
    CHECK(request.field("X-List") == "a, b");
  }
}

TEST_CASE("headers: a value cannot end its line", "[filter][headers]") {
  ChainHarness chain("headers: {request: {set: {X-Route: \"${route}\"}}}");
  chain.set_route("a\r\nX-Evil: 1");
  chain.send("GET /");
  CHECK(chain.upstream_requests().at(0).field("X-Route") == "a  X-Evil: 1");
}

TEST_CASE("headers: what may not be set is refused with the file", "[filter][headers]") {
  const std::pair<const char*, const char*> cases[] = {
      {"headers: {request: {set: {Content-Length: 1}}}", "says where the message ends"},
      {"headers: {request: {set: {transfer-encoding: chunked}}}", "says where the message ends"},
      {"headers: {response: {add: {Content-Length: 1}}}", "says where the message ends"},
      {"headers: {response: {remove: [Transfer-Encoding]}}", "says where the message ends"},
      {"headers: {request: {append: {Connection: close}}}", "about one connection"},
      {"headers: {response: {set: {Upgrade: h2c}}}", "about one connection"},
      {"headers: {request: {set: {host: a}}}", "changed by the filter rewrite"},
      {"headers: {request: {remove: Host}}", "changed by the filter rewrite"},
      {"headers: {request: {set: {Expect: 100-continue}}}", "handled by the proxy"},
      {"headers: {request: {set: {\"a b\": 1}}}", "not the name of a header field"},
      {"headers: {request: {remove: \"\"}}", "not the name of a header field"},
      {"headers: {request: {set: {X: \"a\\nb\"}}}", "control character"},
      {"headers: {request: {set: {X: \"${status}\"}}}", "not known yet"},
      {"headers: {request: {set: {X: \"${clientip}\"}}}", "did you mean \"client_ip\""},
  };
  for (const auto& [filter, expected] : cases) {
    INFO(filter);
    CHECK(ChainHarness::errors(filter).find(expected) != std::string::npos);
  }
}

}  // namespace outrigger::filters
