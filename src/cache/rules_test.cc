#include <catch2/catch.hpp>

#include "cache/cache_control.h"
#include "cache/conditional.h"
#include "cache/freshness.h"
#include "cache/http_date.h"
#include "cache/ranges.h"
#include "cache/storing.h"
#include "cache/vary.h"
#include "outrigger/grammar.h"

namespace outrigger::cache {

namespace {

using Lines = std::vector<std::pair<std::string_view, std::string_view>>;

Headers headers(Arena& arena, const Lines& lines) {
  Headers made(arena);
  for (const auto& [name, value] : lines) made.add(name, value);
  return made;
}

}  // namespace

TEST_CASE("cache: lengths in Cache-Control, RFC 9111 sections 1.2.2 and 4.2.1", "[cache]") {
  struct Case {
    const char* value;
    std::optional<Seconds> max_age;
  };
  const Case cases[] = {
      {"max-age=10", 10},
      {"MAX-AGE=\"10\"", 10},
      {"max-age=10, max-age=10", 10},
      {"max-age=10, max-age=11", 0},
      {"max-age", 0},
      {"max-age=ten", 0},
      {"max-age=-1", 0},
      {"max-age=1.0", 0},
      {"max-age =10", std::nullopt},
      {"x=\"a, max-age=10\"", std::nullopt},
      {"x=\"\\\", max-age=10\"", std::nullopt},
      {"x=\"unclosed, max-age=10", std::nullopt},
      {"max-age=2147483648", kLongest},
      {"max-age=99999999999999999999999999", kLongest},
  };
  for (const Case& c : cases) {
    INFO(c.value);
    Arena arena;
    CHECK(parse_cache_control(headers(arena, {{"Cache-Control", c.value}})).max_age == c.max_age);
  }
}

TEST_CASE("cache: a second list of names means the whole answer", "[cache]") {
  Arena arena;
  const auto one = headers(arena, {{"Cache-Control", "private=\"a, b\""}});
  CHECK_FALSE(parse_cache_control(one).is_private);
  CHECK(names_field(parse_cache_control(one).private_fields, "B"));
  const auto two = headers(arena, {{"Cache-Control", "private=\"a\", private=\"b\""}});
  CHECK(parse_cache_control(two).is_private);
}

TEST_CASE("cache: targeted fields are dictionaries of RFC 8941", "[cache]") {
  struct Case {
    const char* value;
    bool counts;
    std::optional<Seconds> max_age;
  };
  const Case cases[] = {
      {"max-age=10", true, 10},
      {"max-age=10;a;b=\"c\"", true, 10},
      {"a=(1 2);x, max-age=10", true, 10},
      {"a=1.5, b=:YQ==:", true, {}},
      {"a=?1, max-age=10", true, 10},
      {"", false, {}},
      {"max-age=10,", false, {}},
      {"Max-Age=10", false, {}},
      {"max-age=", false, {}},
      {"max-age=10 b", false, {}},
      {"a=\"open", false, {}},
      {"a=?2", false, {}},
      {"a=(1", false, {}},
      {"a=1.", false, {}},
      {"a=1234567890123456", false, {}},
      {"max-age=\"10\"", true, {}},
      {"max-age=1.0", true, {}},
      {"a=:Y", false, {}},
      {"a=tok/en:x, c", true, {}},
      {"a=\"\\x\"", false, {}},
      {"max-age", true, 0},
  };
  for (const Case& c : cases) {
    INFO(c.value);
    Arena arena;
    const auto read = parse_targeted(headers(arena, {{"CDN-Cache-Control", c.value}}), "CDN-Cache-Control");
    CHECK(read.has_value() == c.counts);
    if (read) CHECK(read->max_age == c.max_age);
  }
}

TEST_CASE("cache: the age of an answer when it came, RFC 9111 section 4.2.3", "[cache]") {
  const auto at = [](Seconds seconds) { return WallTime(std::chrono::seconds(seconds)); };
  struct Case {
    const char* what;
    Lines lines;
    Seconds asked, came, age;
  };
  const Case cases[] = {
      {"nothing said", {}, 100, 100, 0},
      {"the time the request took", {{"Age", "5"}}, 100, 103, 8},
      {"an old Date", {{"Date", "Thu, 01 Jan 1970 00:01:00 GMT"}}, 100, 100, 40},
      {"a Date ahead", {{"Date", "Thu, 01 Jan 1970 01:00:00 GMT"}}, 100, 100, 0},
      {"the larger one", {{"Date", "Thu, 01 Jan 1970 00:01:00 GMT"}, {"Age", "50"}}, 100, 100, 50},
      {"the first of a list", {{"Age", "7, 1"}}, 100, 100, 7},
      {"no number", {{"Age", "x"}}, 100, 100, 0},
      {"a clock that went back", {{"Age", "1"}}, 100, 90, 1},
  };
  for (const Case& c : cases) {
    INFO(c.what);
    Arena arena;
    CHECK(initial_age(headers(arena, c.lines), {at(c.asked), at(c.came)}) == c.age);
  }
}

TEST_CASE("cache: entity tags, RFC 9110 section 8.8.3.2", "[cache]") {
  struct Case {
    const char *one, *other;
    bool strongly, weakly;
  };
  const Case cases[] = {
      {"W/\"1\"", "W/\"1\"", false, true}, {"W/\"1\"", "W/\"2\"", false, false}, {"W/\"1\"", "\"1\"", false, true},
      {"\"1\"", "\"1\"", true, true},      {"\"1\"", "\"2\"", false, false},
  };
  for (const Case& c : cases) {
    INFO(c.one << " " << c.other);
    CHECK(matches_strongly(c.one, c.other) == c.strongly);
    CHECK(matches_weakly(c.one, c.other) == c.weakly);
  }
}

TEST_CASE("cache: ranges, RFC 9110 section 14.1.2", "[cache]") {
  using Kind = Ranges::Kind;
  struct Case {
    const char* value;
    std::uint64_t size;
    Kind kind;
    std::vector<ByteRange> ranges;
  };
  const Case cases[] = {
      {"bytes=0-499", 10000, Kind::some, {{0, 499}}},
      {"bytes=-500", 10000, Kind::some, {{9500, 9999}}},
      {"bytes=9500-", 10000, Kind::some, {{9500, 9999}}},
      {"bytes= 0-0 , -1", 10000, Kind::some, {{0, 0}, {9999, 9999}}},
      {"bytes=0-0,20000-", 10000, Kind::some, {{0, 0}}},
      {"bytes=10000-", 10000, Kind::unsatisfiable, {}},
      {"bytes=0-", 0, Kind::unsatisfiable, {}},
      {"bytes=-0", 5, Kind::unsatisfiable, {}},
      {"bytes=18446744073709551615-18446744073709551616", 5, Kind::unsatisfiable, {}},
      {"bytes=2-1", 5, Kind::ignored, {}},
      {"bytes=--1", 5, Kind::ignored, {}},
      {"bytes", 5, Kind::ignored, {}},
      {"bytes=0-4,0-4", 5, Kind::ignored, {}},
  };
  for (const Case& c : cases) {
    INFO(c.value);
    const Ranges read = parse_range(c.value, c.size);
    CHECK(read.kind == c.kind);
    CHECK(read.ranges == c.ranges);
  }
}

TEST_CASE("cache: dates are written as they are read", "[cache]") {
  CHECK(http_date(784111777) == "Sun, 06 Nov 1994 08:49:37 GMT");
  for (const Seconds at : {Seconds{0}, Seconds{951782400}, Seconds{4102444799}}) {
    CHECK(parse_http_date(http_date(at)) == at);
  }
}

TEST_CASE("cache: what a request selects by has one form", "[cache]") {
  Arena arena;
  const auto request = headers(arena, {{"X-A", "1 , 2"}, {"x-a", "3"}, {"Accept-Encoding", "GZip"}, {"X-E", ""}});
  CHECK(selecting_value(request, "X-A", arena) == "1,2,3");
  CHECK(selecting_value(request, "accept-encoding", arena) == "gzip");
  CHECK(selecting_value(request, "X-E", arena) == "");
  CHECK_FALSE(selecting_value(request, "X-None", arena).has_value());
}

}  // namespace outrigger::cache
