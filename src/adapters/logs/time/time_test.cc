#include <catch2/catch.hpp>
#include <string>

#include "adapters/logs/record.h"
#include "adapters/logs/time/posix_rule.h"
#include "adapters/logs/time/time_format.h"

using namespace outrigger;
using namespace outrigger::adapters::logs;

namespace {

// 2026-11-26T05:16:01Z
const WallTime kNow{std::chrono::seconds(1795670161)};

std::string read(const std::string& format, std::string_view text, const Zone& zone = {}, WallTime now = kNow) {
  const auto time = TimeFormat::compile(format).value().parse(text, zone, now);
  if (!time) return "none";
  std::string out;
  append_time(*time, out);
  return out;
}

}  // namespace

TEST_CASE("logs: times are read in every named format, by name and by looking", "[adapters][logs]") {
  struct Row {
    const char* format;
    const char* text;
    const char* time;
  };
  const Row rows[] = {
      {"iso8601", "2026-11-26T05:16:01Z", "2026-11-26T05:16:01.000Z"},
      {"iso8601", "2026-11-26 05:16:01,250", "2026-11-26T05:16:01.250Z"},
      {"iso8601", "2026-11-26T05:16:01.123456+02:00", "2026-11-26T03:16:01.123456Z"},
      {"iso8601", "2026-11-26 05:16:01.123456789 -0530", "2026-11-26T10:46:01.123456789Z"},
      {"clf", "26/Nov/2026:05:16:01 +0100", "2026-11-26T04:16:01.000Z"},
      {"syslog", "Nov 26 05:16:01", "2026-11-26T05:16:01.000Z"},
      {"syslog", "Dec  1 00:00:00", "2025-12-01T00:00:00.000Z"},
      {"nginx", "2026/11/26 05:16:01", "2026-11-26T05:16:01.000Z"},
      {"ctime", "Thu Nov 26 05:16:01.123456 2026", "2026-11-26T05:16:01.123456Z"},
      {"http", "Thu, 26 Nov 2026 05:16:01 GMT", "2026-11-26T05:16:01.000Z"},
      {"epoch", "1795670161", "2026-11-26T05:16:01.000Z"},
      {"epoch", "1795670161.25", "2026-11-26T05:16:01.250Z"},
      {"epoch_ms", "1795670161250", "2026-11-26T05:16:01.250Z"},
      {"epoch_us", "1795670161250001", "2026-11-26T05:16:01.250001Z"},
      {"epoch_ns", "1795670161250000001", "2026-11-26T05:16:01.250000001Z"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.format, row.text);
    CHECK(read(row.format, row.text) == row.time);
    CHECK(read("auto", row.text) == row.time);
  }
}

TEST_CASE("logs: times are read by a pattern", "[adapters][logs]") {
  CHECK(read("%d.%m.%y %I:%M:%S %p", "26.11.26 05:16:01 PM") == "2026-11-26T17:16:01.000Z");
  CHECK(read("%F %T.%f", "2026-11-26 05:16:01.5") == "2026-11-26T05:16:01.500Z");
  CHECK(read("%a %e %B", "x") == "none");
}

TEST_CASE("logs: what is no time of the format is none", "[adapters][logs]") {
  for (const char* bad : {"", "2026-02-30T00:00:00Z", "2026-13-01T00:00:00Z", "2026-11-26T24:00:00Z",
                          "2026-11-26T05:16", "2026-11-26T05:16:01Zx", "yesterday", "-5", "99999999999999999999", "1.",
                          "Nov 31 00:00:00", "2262-01-01T00:00:00Z", "9999-12-31T23:59:59Z", "1677-01-01T00:00:00Z"}) {
    CAPTURE(bad);
    CHECK(read("auto", bad) == "none");
  }
  CHECK(read("auto", "2261-01-01T00:00:00Z") ==
        "2261-01-01T00:00:00.000Z");  // found by fuzzing: nanoseconds end in 2262
  CHECK(!TimeFormat::compile("isoish"));
  CHECK(!TimeFormat::compile("%Q"));
  CHECK(!TimeFormat::compile("%"));
}

TEST_CASE("logs: a time without a year is of the latest year that fits", "[adapters][logs]") {
  const WallTime new_year{std::chrono::seconds(1798761610)};  // 2027-01-01T00:00:10Z
  CHECK(read("syslog", "Dec 31 23:59:59", {}, new_year) == "2026-12-31T23:59:59.000Z");
  CHECK(read("syslog", "Jan  1 00:00:09", {}, new_year) == "2027-01-01T00:00:09.000Z");
  CHECK(read("syslog", "Jan  1 01:00:00", {}, WallTime{std::chrono::seconds(1798761500)}) ==
        "2027-01-01T01:00:00.000Z");  // a clock that is ahead
}

TEST_CASE("logs: local times become UTC by the rules of their zone", "[adapters][logs]") {
  const auto berlin = Zone::find("Europe/Berlin");
  if (berlin) {
    CHECK(read("auto", "2026-07-01 12:00:00", *berlin) == "2026-07-01T10:00:00.000Z");
    CHECK(read("auto", "2026-12-01 12:00:00", *berlin) == "2026-12-01T11:00:00.000Z");
    CHECK(read("auto", "2050-07-01 12:00:00", *berlin) == "2050-07-01T10:00:00.000Z");
    CHECK(read("auto", "2026-10-25 02:30:00", *berlin) == "2026-10-25T00:30:00.000Z");  // twice: the first
    CHECK(read("auto", "2026-03-29 02:30:00", *berlin) == "2026-03-29T01:30:00.000Z");  // never shown
    CHECK(read("auto", "2026-07-01T12:00:00Z", *berlin) == "2026-07-01T12:00:00.000Z");
  }
  CHECK(read("auto", "2026-07-01 12:00:00", Zone::find("+02:00").value()) == "2026-07-01T10:00:00.000Z");
  CHECK(read("auto", "2026-07-01 12:00:00", Zone::find("-0530").value()) == "2026-07-01T17:30:00.000Z");
  CHECK(Zone::find("local"));
  CHECK(!Zone::find("Europe/Atlantis"));
  CHECK(!Zone::find("../passwd"));
}

TEST_CASE("logs: a zone file's last rule says how it goes on", "[adapters][logs]") {
  using std::chrono::seconds;
  const auto at = [](std::int64_t time) { return std::chrono::sys_seconds(seconds(time)); };
  const auto berlin = PosixRule::parse("CET-1CEST,M3.5.0,M10.5.0/3");
  REQUIRE(berlin);
  CHECK(berlin->offset_at(at(1774745999)) == seconds(3600));  // 2026-03-29T00:59:59Z
  CHECK(berlin->offset_at(at(1774746000)) == seconds(7200));
  CHECK(berlin->offset_at(at(1792889999)) == seconds(7200));  // 2026-10-25T00:59:59Z
  CHECK(berlin->offset_at(at(1792890000)) == seconds(3600));
  const auto sydney = PosixRule::parse("AEST-10AEDT,M10.1.0,M4.1.0/3");
  REQUIRE(sydney);
  CHECK(sydney->offset_at(at(1798761600)) == seconds(39600));  // January: summer
  CHECK(PosixRule::parse("<+0330>-3:30")->offset_at(at(0)) == seconds(12600));
  for (const char* bad : {"", "CET", "CET-1CEST,M3.5.0", "CET-1CEST,J60,J300", "CET-1CEST,M13.5.0,M10.5.0", "<CET"}) {
    CAPTURE(bad);
    CHECK(!PosixRule::parse(bad));
  }
}

TEST_CASE("logs: a damaged zone file is refused", "[adapters][logs]") {
  CHECK(!Zone::parse(""));
  CHECK(!Zone::parse("TZif2"));
  CHECK(!Zone::parse("TZif2" + std::string(15, '\0') + std::string(24, '\xFF')));
  CHECK(!Zone::parse("TZif2" + std::string(15, '\0') + std::string(24, '\0')));
}
