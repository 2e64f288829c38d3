#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "adapters/logs/lines/joiner.h"
#include "adapters/logs/lines/line_splitter.h"
#include "adapters/logs/lines/text.h"

using namespace outrigger;
using namespace outrigger::adapters::logs;

namespace {

std::vector<std::string> lines_of(LineSplitter& splitter, std::string_view bytes) {
  std::vector<std::string> found;
  splitter.feed(bytes, [&](const Line& line) {
    found.push_back(std::string(line.text) + "|" + std::to_string(line.size) + "|" + std::to_string(line.cut));
  });
  return found;
}

using Strings = std::vector<std::string>;

Strings events_of(const JoinRule& rule, const Strings& lines) {
  Strings found;
  Joiner joiner(rule);
  std::uint64_t offset = 0;
  const auto take = [&](const Event& event) {
    found.push_back(std::string(event.text) + "|" + std::to_string(event.end));
  };
  for (const std::string& text : lines) {
    joiner.add(Line{text, text.size() + 1, 0}, offset, Instant{}, take);
    offset += text.size() + 1;
  }
  joiner.flush(take);
  return found;
}

JoinRule starts_with(const std::string& pattern) {
  JoinRule rule;
  rule.start = base::Regex::compile(pattern).value();
  return rule;
}

}  // namespace

TEST_CASE("logs: lines are found however the bytes come", "[adapters][logs]") {
  const std::string bytes = "one\r\n\ntwo\nthree";
  for (std::size_t at = 0; at <= bytes.size(); ++at) {
    CAPTURE(at);
    LineSplitter splitter(100);
    auto found = lines_of(splitter, bytes.substr(0, at));
    for (std::string& line : lines_of(splitter, bytes.substr(at))) found.push_back(line);
    CHECK(found == Strings{"one|5|0", "|1|0", "two|4|0"});
    CHECK(splitter.unfinished() == 5);
    const auto last = splitter.finish();
    REQUIRE(last);
    CHECK(last->text == "three");
    CHECK(!splitter.finish());
    CHECK(lines_of(splitter, "new\n") == Strings{"new|4|0"});
  }
}

TEST_CASE("logs: what is over the limit of a line is left out and counted", "[adapters][logs]") {
  const std::string bytes = "123456789\n12345\r\n1234\n";
  for (std::size_t at = 0; at <= bytes.size(); ++at) {
    CAPTURE(at);
    LineSplitter splitter(5);
    auto found = lines_of(splitter, bytes.substr(0, at));
    for (std::string& line : lines_of(splitter, bytes.substr(at))) found.push_back(line);
    CHECK(found == Strings{"12345|10|4", "12345|7|0", "1234|5|0"});
  }
}

TEST_CASE("logs: a line that is half read goes on under another limit", "[adapters][logs]") {
  LineSplitter wider(5);
  CHECK(lines_of(wider, "123456789").empty());
  wider.set_most(100);
  CHECK(lines_of(wider, "0\n1234567890\n") == Strings{"123456|11|4", "1234567890|11|0"});
  LineSplitter narrower(100);
  CHECK(lines_of(narrower, "123456789").empty());
  narrower.set_most(5);
  CHECK(lines_of(narrower, "0\n") == Strings{"12345|11|5"});
}

TEST_CASE("logs: an event that waits for more lines goes on under another rule", "[adapters][logs]") {
  const JoinRule before = starts_with("^x"), after = starts_with("^y");
  Joiner first(before);
  const auto take = [](const Event&) { FAIL("it is not over"); };
  first.add(Line{"x", 2, 0}, 0, Instant{}, take);
  Joiner second(after, first.take_waiting());
  CHECK_FALSE(first.is_waiting());
  second.add(Line{"x", 2, 0}, 2, Instant{}, take);
  Strings found;
  second.add(Line{"y", 2, 0}, 4, Instant{}, [&](const Event& event) { found.emplace_back(event.text); });
  CHECK(found == Strings{"x\nx"});
}

TEST_CASE("logs: lines that go on with an event are joined to it", "[adapters][logs]") {
  CHECK(events_of({}, {"a", " b"}) == Strings{"a|2", " b|5"});
  CHECK(events_of(starts_with(R"(^\d)"), {"1 a", "  at b", "2 c"}) == Strings{"1 a\n  at b|11", "2 c|15"});
  CHECK(events_of(starts_with(R"(^\d)"), {"late", "1 a"}) == Strings{"late|5", "1 a|9"});
  JoinRule indented;
  indented.continued = base::Regex::compile(R"(^\s)").value();
  CHECK(events_of(indented, {"a", " b", "c"}) == Strings{"a\n b|5", "c|7"});
}

TEST_CASE("logs: an event of several lines is bounded in lines and bytes", "[adapters][logs]") {
  JoinRule rule = starts_with("^x");
  rule.most_lines = 2;
  CHECK(events_of(rule, {"x", "1", "2", "3"}) == Strings{"x\n1|4", "2\n3|8"});
  rule.most_lines = 100;
  rule.most_bytes = 5;
  CHECK(events_of(rule, {"x", "1", "22", "3"}) == Strings{"x\n1|4", "22\n3|9"});
}

TEST_CASE("logs: text that is no UTF-8 is found and repaired", "[adapters][logs]") {
  struct Row {
    std::string text;
    std::string repaired;  // "" if nothing is wrong
  };
  const std::string mark = "\xEF\xBF\xBD";
  const Row rows[] = {{"plain text of some length", ""},
                      {"Gr\xC3\xBC\xC3\x9F"
                       "e \xE2\x82\xAC \xF0\x9F\x98\x80",
                       ""},
                      {"latin \xFC 1", "latin " + mark + " 1"},
                      {"12345678\xC3", "12345678" + mark},
                      {"\xC0\x80", mark + mark},                        // an overlong NUL
                      {"\xED\xA0\x80", mark + mark + mark},             // a surrogate
                      {"\xF4\x90\x80\x80", mark + mark + mark + mark},  // beyond U+10FFFF
                      {"\xE2\x82", mark + mark}};
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(repaired_utf8(row.text).value_or("") == row.repaired);
  }
  CHECK(is_binary(std::string_view("a\0b", 3)));
  CHECK_FALSE(is_binary("ab"));
}
