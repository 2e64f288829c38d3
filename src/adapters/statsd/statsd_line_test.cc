#include "adapters/statsd/statsd_line.h"

#include <catch2/catch.hpp>

namespace outrigger::adapters {

TEST_CASE("statsd: a line's type, values, rate and tags are read", "[adapter][statsd]") {
  struct Row {
    const char* text;
    StatsdType type;
    double value;
    double rate;
    std::size_t tags;
  };
  for (const Row& row :
       {Row{"a.b:1|c", StatsdType::counter, 1, 1, 0}, Row{"a:2.5|c|@0.1", StatsdType::counter, 2.5, 0.1, 0},
        Row{"a:320|ms", StatsdType::timer, 320, 1, 0}, Row{"a:-3|g", StatsdType::gauge, -3, 1, 0},
        Row{"a:+3|g", StatsdType::gauge, 3, 1, 0}, Row{"a:1e3|h", StatsdType::histogram, 1000, 1, 0},
        Row{"a:7|d|#x:1,bare,,y:a:b", StatsdType::histogram, 7, 1, 3},
        Row{"a:1|c|#x:1|@0.5", StatsdType::counter, 1, 0.5, 1},
        Row{"a:1|c|@0.5|#x:1|c:ci-12|T1656581400", StatsdType::counter, 1, 0.5, 1},
        Row{"a b/c:1|c", StatsdType::counter, 1, 1, 0}}) {
    CAPTURE(row.text);
    const auto line = parse_statsd(row.text);
    REQUIRE(line);
    CHECK(line->type == row.type);
    CHECK(line->values.front().number == row.value);
    CHECK(line->rate == row.rate);
    CHECK(line->tags.size() == row.tags);
  }
}

TEST_CASE("statsd: a line may have several values, and a set any text", "[adapter][statsd]") {
  const auto packed = parse_statsd("a:1:2.5:+3|g");
  REQUIRE(packed);
  REQUIRE(packed->values.size() == 3);
  CHECK_FALSE(packed->values[1].is_relative);
  CHECK(packed->values[2].is_relative);
  const auto set = parse_statsd("users:al@ice|s");
  REQUIRE(set);
  CHECK(set->values.front().text == "al@ice");
}

TEST_CASE("statsd: what is no metric says why", "[adapter][statsd]") {
  struct Row {
    const char* text;
    StatsdProblem problem;
  };
  for (const Row& row : {Row{"", StatsdProblem::empty},
                         Row{"a", StatsdProblem::value},
                         Row{":1|c", StatsdProblem::name},
                         Row{"a|b:1|c", StatsdProblem::name},
                         Row{"a\x01:1|c", StatsdProblem::name},
                         Row{"a:|c", StatsdProblem::value},
                         Row{"a:1", StatsdProblem::type},
                         Row{"a:1|", StatsdProblem::type},
                         Row{"a:1|x", StatsdProblem::type},
                         Row{"a:x|c", StatsdProblem::value},
                         Row{"a:1x|c", StatsdProblem::value},
                         Row{"a:nan|g", StatsdProblem::value},
                         Row{"a:inf|g", StatsdProblem::value},
                         Row{"a:1e999|g", StatsdProblem::value},
                         Row{"a:0x10|c", StatsdProblem::value},
                         Row{"a:++1|c", StatsdProblem::value},
                         Row{"a:1:|c", StatsdProblem::value},
                         Row{"a:1|c|@0", StatsdProblem::rate},
                         Row{"a:1|ms|@1e-300", StatsdProblem::rate},
                         Row{"a:1|c|@2", StatsdProblem::rate},
                         Row{"a:1|c|@", StatsdProblem::rate},
                         Row{"a:1|c|#:x", StatsdProblem::tags},
                         Row{"a:1|c|#a\n:x", StatsdProblem::tags},
                         Row{"a:1|c|zzz", StatsdProblem::type},
                         Row{"a:1|c|", StatsdProblem::type},
                         Row{"_e{5,4}:title|text", StatsdProblem::event},
                         Row{"_sc|name|0", StatsdProblem::service_check}}) {
    CAPTURE(row.text);
    const auto line = parse_statsd(row.text);
    REQUIRE_FALSE(line);
    CHECK(line.error() == row.problem);
  }
}

}  // namespace outrigger::adapters
