#include "filters/cors/cors.h"

#include <catch2/catch.hpp>

#include "support/chain_harness.h"

using namespace outrigger;
using test::Answer;
using test::ChainHarness;
using test::Fields;

namespace {
constexpr const char* kOptions =
    "cors: {origins: ['https://app.example', 'https://*.team.example'], methods: [GET, PUT], "
    "headers: [X-Token], expose: [X-Count], credentials: true, max_age: 5m}";
Fields preflight(const char* origin) { return {{"Origin", origin}, {"Access-Control-Request-Method", "PUT"}}; }
}  // namespace

TEST_CASE("cors: which origins may read", "[filter][security]") {
  struct Row {
    const char* origin;
    bool allowed;
  };
  for (const Row& row :
       {Row{"https://app.example", true}, Row{"http://app.example", false}, Row{"https://app.example.evil", false},
        Row{"https://app.example:8443", false}, Row{"https://xapp.example", false}, Row{"https://a.team.example", true},
        Row{"https://a.b.team.example", true}, Row{"https://team.example", false},
        Row{"https://evil/.team.example", false}, Row{"https://evil?.team.example", false},
        Row{"https://evil#.team.example", false}, Row{"https://evil@.team.example", false},
        Row{"https://ateam.example", false}, Row{"null", false}, Row{"HTTPS://APP.EXAMPLE", false},
        Row{"https://app.example/", false}}) {
    CAPTURE(row.origin);
    ChainHarness chain(kOptions);
    const auto result = chain.send({"GET /", {{"Origin", row.origin}}});
    CHECK(result.status == 200);
    CHECK(result.field("Access-Control-Allow-Origin") == (row.allowed ? row.origin : ""));
    CHECK(result.field("Vary") == "Origin");
  }
}

TEST_CASE("cors: a preflight request is answered without the service", "[filter]") {
  ChainHarness chain(kOptions);
  const auto result = chain.send({"OPTIONS /", preflight("https://app.example")});
  CHECK(result.status == 204);
  CHECK(chain.upstream_calls() == 0);
  CHECK(result.field("Access-Control-Allow-Methods") == "GET, PUT");
  CHECK(result.field("Access-Control-Allow-Headers") == "X-Token");
  CHECK(result.field("Access-Control-Allow-Credentials") == "true");
  CHECK(result.field("Access-Control-Max-Age") == "300");
}

TEST_CASE("cors: a preflight request of another origin is refused", "[filter][security]") {
  ChainHarness chain(kOptions);
  const auto result = chain.send({"OPTIONS /", preflight("https://evil.example")});
  CHECK(result.status == 403);
  CHECK(result.failure == Failure::origin_denied);
  CHECK(result.field("Access-Control-Allow-Origin").empty());
}

TEST_CASE("cors: other OPTIONS requests reach the service", "[filter]") {
  ChainHarness chain(kOptions);
  CHECK(chain.send({"OPTIONS /", {{"Origin", "https://app.example"}}}).status == 200);
  CHECK(chain.send("OPTIONS /").status == 200);
  CHECK(chain.upstream_calls() == 2);
}

TEST_CASE("cors: what the service says is replaced", "[filter][security]") {
  ChainHarness chain(kOptions);
  chain.upstream_answers(
      {Answer(200, {{"Access-Control-Allow-Origin", "*"}, {"access-control-allow-credentials", "true"}})});
  const auto other = chain.send({"GET /", {{"Origin", "https://evil.example"}}});
  CHECK(other.field("Access-Control-Allow-Origin").empty());
  CHECK(other.field("Access-Control-Allow-Credentials").empty());
  const auto allowed = chain.send({"GET /", {{"Origin", "https://app.example"}}});
  CHECK(test::values_of(allowed.fields, "Access-Control-Allow-Origin") ==
        std::vector<std::string>{"https://app.example"});
}

TEST_CASE("cors: two origins are none", "[filter][security]") {
  ChainHarness chain(kOptions);
  const auto result = chain.send({"GET /", {{"Origin", "https://app.example"}, {"Origin", "https://evil.example"}}});
  CHECK(result.field("Access-Control-Allow-Origin").empty());
}

TEST_CASE("cors: * is for everybody, without credentials", "[filter]") {
  ChainHarness chain("cors: {origins: '*'}");
  const auto result = chain.send({"GET /", {{"Origin", "https://any.example"}}});
  CHECK(result.field("Access-Control-Allow-Origin") == "*");
  CHECK(result.field("Vary").empty());
}

TEST_CASE("cors: bad options", "[filter][security]") {
  CHECK_THAT(ChainHarness::errors("cors: {}"), Catch::Contains("missing key \"origins\""));
  CHECK_THAT(ChainHarness::errors("cors: {origins: []}"), Catch::Contains("at least one origin"));
  CHECK_THAT(ChainHarness::errors("cors: {origins: '*', credentials: true}"), Catch::Contains("act as the user"));
  for (const char* bad :
       {"app.example", "https://", "https://a/b", "https://*", "https://*example.com", "*://a.b", "https://a.*.b"}) {
    CAPTURE(bad);
    CHECK_FALSE(ChainHarness::errors(std::string("cors: {origins: '") + bad + "'}").empty());
  }
}
