#include "filters/request_id/request_id.h"

#include <catch2/catch.hpp>
#include <regex>
#include <set>

#include "support/chain_harness.h"

namespace outrigger::filters {

using test::ChainHarness;

TEST_CASE("request_id: service and client get the same new UUID", "[filter][request_id]") {
  ChainHarness chain("request_id: {}");
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const std::string id = chain.send("GET /").field("X-Request-ID");
    CHECK(chain.upstream_requests().back().field("X-Request-ID") == id);
    CHECK(std::regex_match(id, std::regex("[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")));
    CHECK(seen.insert(id).second);
  }
}

TEST_CASE("request_id: the id of a client is kept where it is trusted", "[filter][request_id]") {
  const std::tuple<const char*, bool, const char*, bool> cases[] = {
      {"request_id: {}", false, "mine", false},           {"request_id: {}", true, "mine", true},
      {"request_id: {trust: true}", false, "mine", true}, {"request_id: {trust: false}", true, "mine", false},
      {"request_id: {trust: true}", false, "a b", false}, {"request_id: {trust: true}", false, "a\"b", false},
  };
  for (const auto& [filter, trusted, sent, kept] : cases) {
    INFO(filter << " trusted " << trusted << " sent " << sent);
    ChainHarness chain(filter);
    chain.set_trusted_peer(trusted);
    CHECK((chain.send({"GET /", {{"X-Request-ID", sent}}}).field("X-Request-ID") == sent) == kept);
  }
}

TEST_CASE("request_id: a good id is short and harmless", "[filter][request_id]") {
  for (const std::string& good : {std::string("a"), std::string("Az09-_.:/+=@"), std::string(128, 'x')}) {
    CHECK(is_request_id(good));
  }
  for (const std::string& bad : {std::string(), std::string(129, 'x'), std::string("a b"), std::string("a,b"),
                                 std::string("<a>"), std::string("\xc3\xa9")}) {
    CHECK_FALSE(is_request_id(bad));
  }
}

TEST_CASE("request_id: another field can carry it, and nothing repeats it", "[filter][request_id]") {
  ChainHarness chain("request_id: {header: X-Correlation-ID}");
  chain.upstream_answers({test::Answer(200, {{"X-Correlation-ID", "theirs"}})});
  const auto result = chain.send({"GET /", {{"X-Correlation-ID", "a"}, {"x-correlation-id", "b"}}});
  CHECK(test::values_of(result.fields, "X-Correlation-ID").size() == 1);
  CHECK(result.field("X-Correlation-ID") != "theirs");
  CHECK(test::values_of(chain.upstream_requests()[0].fields, "X-Correlation-ID").size() == 1);
  CHECK(ChainHarness::errors("request_id: {header: Host}") != "");
}

}  // namespace outrigger::filters
