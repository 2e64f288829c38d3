#include "base/json/json.h"

#include <catch2/catch.hpp>

using outrigger::base::Json;
using outrigger::base::parse_json;

TEST_CASE("json: values are found by name", "[base]") {
  const auto json = parse_json(R"({"a": "b", "n": 1.5, "t": true, "l": [1, "x", null], "o": {"p": "q"}})");
  REQUIRE(json);
  CHECK(json->text_of("a") == "b");
  CHECK(json->find("n")->number == 1.5);
  CHECK(json->find("t")->text == "true");
  CHECK(json->find("l")->items.size() == 3);
  CHECK(json->find("l")->items[0].text == "1");
  CHECK(json->find("o")->text_of("p") == "q");
  CHECK(json->find("missing") == nullptr);
  CHECK(json->text_of("n").empty());
}

TEST_CASE("json: what is no single document is refused", "[base][security]") {
  for (const char* bad : {"", " ", "{", "{}{}", "{} x", "{\"a\":1,}", "[1,]", "{'a':1}", "nul", "\"\\x\"", "\"\xff\"",
                          "01", "NaN", "{\"a\":1,\"a\":1}", "{\"o\":{\"a\":1,\"\\u0061\":2}}", "/**/{}", "\"a\nb\""}) {
    CAPTURE(bad);
    CHECK_FALSE(parse_json(bad));
  }
}

TEST_CASE("json: depth and size are bounded", "[base][security]") {
  CHECK(parse_json(std::string(32, '[') + std::string(32, ']')));
  CHECK_FALSE(parse_json(std::string(33, '[') + std::string(33, ']')));
  CHECK_FALSE(parse_json(std::string(1'000'000, '[')));
  std::string many = "[0";
  for (int i = 0; i < 10'000; ++i) many += ",0";
  CHECK_FALSE(parse_json(many + "]"));
}

TEST_CASE("json: a name may be used again in another object", "[base]") {
  CHECK(parse_json(R"([{"a": 1}, {"a": {"a": 2}}])"));
}
