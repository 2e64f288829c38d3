#include "base/units.h"

#include <catch2/catch.hpp>

using namespace outrigger;
using namespace outrigger::base;
using namespace std::chrono_literals;

TEST_CASE("units: durations read and write back", "[base][units]") {
  struct Row {
    const char* text;
    Duration value;
    const char* shortest;
  };
  const Row rows[] = {{"250ms", 250ms, "250ms"}, {"10s", 10s, "10s"},           {"1m30s", 90s, "1m30s"},
                      {"90s", 90s, "1m30s"},     {"1.5ms", 1500us, "1ms500us"}, {"0s", 0s, "0s"},
                      {"2d", 48h, "2d"},         {"36500d", 876000h, "36500d"}};
  for (const Row& row : rows) {
    INFO(row.text);
    REQUIRE(parse_duration(row.text) == row.value);
    REQUIRE(format_duration(row.value) == row.shortest);
    REQUIRE(parse_duration(format_duration(row.value)) == row.value);
  }
}

TEST_CASE("units: a bare number is an error that names the fix", "[base][units]") {
  REQUIRE(parse_duration("10").error() == "\"10\" has no unit: write 10s, 10ms or 10m");
  REQUIRE(parse_bytes("64").error() == "\"64\" has no unit: write 64B, 64KiB or 64MiB");
  REQUIRE(parse_share("20").error() == "\"20\" has no unit: write 20%");
  REQUIRE(parse_rate("50").error() == "\"50\" has no unit: write 50/s or 50/m");
}

TEST_CASE("units: what is no duration is refused", "[base][units]") {
  for (const char* text : {"", "s", "-1s", "1 s", "1x", "1s2", "10s5", "1..5s", "1e9s", "99999d", "nan", "inf", ".s"}) {
    INFO(text);
    REQUIRE_FALSE(parse_duration(text));
  }
}

TEST_CASE("units: sizes", "[base][units]") {
  REQUIRE(parse_bytes("64KiB") == ByteSize{65536});
  REQUIRE(parse_bytes("1.5MiB") == ByteSize{1572864});
  REQUIRE(parse_bytes("100MB") == ByteSize{100'000'000});
  REQUIRE(parse_bytes("0B") == ByteSize{0});
  REQUIRE(format_bytes(ByteSize{65536}) == "64KiB");
  REQUIRE(format_bytes(ByteSize{100'000'000}) == "100MB");
  REQUIRE(format_bytes(ByteSize{7}) == "7B");
  for (const char* text : {"", "KiB", "-1B", "64kib", "64K", "99999999999GiB"}) {
    INFO(text);
    REQUIRE_FALSE(parse_bytes(text));
  }
}

TEST_CASE("units: percentages and rates", "[base][units]") {
  REQUIRE(parse_share("20%")->value == Approx(0.2));
  REQUIRE(format_share(*parse_share("7%")) == "7%");
  REQUIRE(format_share(*parse_share("0.5%")) == "0.5%");
  REQUIRE_FALSE(parse_share("101%"));
  REQUIRE(parse_rate("30/m")->per_second == Approx(0.5));
  REQUIRE(format_rate(*parse_rate("50/s")) == "50/s");
  REQUIRE(format_rate(*parse_rate("1/m")) == "1/m");
  REQUIRE_FALSE(parse_rate("50/d"));
}
