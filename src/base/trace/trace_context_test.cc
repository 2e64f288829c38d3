#include "base/trace/trace_context.h"

#include <catch2/catch.hpp>
#include <string>
#include <vector>

namespace outrigger::base {
namespace {

const std::string kTrace = "0af7651916cd43dd8448eb211c80319c";
const std::string kSpan = "b7ad6b7169203331";
constexpr TraceParent kParent{{0x0af7651916cd43dd, 0x8448eb211c80319c}, 0xb7ad6b7169203331};

struct Row {
  std::string text;
  bool is_good;
  std::optional<bool> is_sampled{};
};

std::string joined(const std::vector<std::string_view>& fields) {
  TraceStateRoom room;
  return std::string(join_tracestate(fields, room));
}

}  // namespace

TEST_CASE("trace context: traceparent is read strictly", "[trace]") {
  const std::string good = "00-" + kTrace + "-" + kSpan + "-01";
  const Row rows[] = {
      {good, true, true},
      {"00-" + kTrace + "-" + kSpan + "-00", true, false},
      {"00-" + kTrace + "-" + kSpan + "-ff", true, true},  // other flags are not for us
      {"00-" + kTrace + "-" + kSpan + "-fe", true, false},
      {"cc-" + kTrace + "-" + kSpan + "-01", true, true},  // a later version
      {"cc-" + kTrace + "-" + kSpan + "-01-what-comes", true, true},
      {"cc-" + kTrace + "-" + kSpan + "-01.what", false},
      {"cc-" + kTrace + "-" + kSpan + "-01what", false},
      {"00-" + kTrace + "-" + kSpan + "-01-more", false},  // version 00 has no more
      {"00-" + kTrace + "-" + kSpan + "-01-", false},
      {"ff-" + kTrace + "-" + kSpan + "-01", false},
      {"0-" + kTrace + "-" + kSpan + "-01", false},
      {"FF-" + kTrace + "-" + kSpan + "-01", false},
      {"00-0AF7651916CD43DD8448EB211C80319C-" + kSpan + "-01", false},
      {"00-" + kTrace + "-B7AD6B7169203331-01", false},
      {"00-00000000000000000000000000000000-" + kSpan + "-01", false},
      {"00-" + kTrace + "-0000000000000000-01", false},
      {"00-" + kTrace + "-" + kSpan + "-0", false},
      {"00-" + kTrace + "-" + kSpan + "-0x", false},
      {"00-" + kTrace + "-" + kSpan, false},
      {"00_" + kTrace + "_" + kSpan + "_01", false},
      {" " + good, false},
      {"00-" + kTrace.substr(1) + "-" + kSpan + "-011", false},
      {"", false},
      {"-", false},
  };
  for (const Row& row : rows) {
    INFO(row.text);
    const auto context = parse_traceparent(row.text);
    REQUIRE(context.has_value() == row.is_good);
    if (!row.is_good) continue;
    CHECK(context->parent == kParent);
    CHECK(context->is_sampled == row.is_sampled);
    CHECK_FALSE(context->is_debug);
  }
}

TEST_CASE("trace context: the members of tracestate are joined in their order", "[trace]") {
  const std::string long_key(256, 'k');
  const std::string long_value(256, 'v');
  const std::pair<std::vector<std::string_view>, std::string> rows[] = {
      {{"a=1"}, "a=1"},
      {{"a=1,b=2", "c=3"}, "a=1,b=2,c=3"},
      {{" a=1 \t, b=2"}, "a=1,b=2"},
      {{"a=1,,b=2,"}, "a=1,b=2"},  // empty members are allowed
      {{""}, ""},
      {{"rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"}, "rojo=00f067aa0ba902b7,congo=t61rcWkgMzE"},
      {{"fw529a3039@dt=FfAiPi5XrnEBBkk"}, "fw529a3039@dt=FfAiPi5XrnEBBkk"},
      {{"1tenant@sys=x"}, "1tenant@sys=x"},
      {{"a/b*c-d_e=x"}, "a/b*c-d_e=x"},
      {{"a= 1"}, "a= 1"},
      {{"a"}, ""},
      {{"=1"}, ""},
      {{"a="}, ""},
      {{"A=1"}, ""},
      {{"1a=1"}, ""},  // only a tenant begins with a digit
      {{"a@b@c=1"}, ""},
      {{"a@=1"}, ""},
      {{"@b=1"}, ""},
      {{"a@1b=1"}, ""},
      {{"a@abcdefghijklmno=1"}, ""},
      {{"a=1=2"}, ""},
      {{"a=\x7f"}, ""},
      {{"a=\xc3\xa9"}, ""},
      {{"a b=1"}, ""},
      {{"a=1,a=2"}, ""},  // a key is unique
      {{"a=1", "b=2,a=2"}, ""},
      {{"a=1,b"}, ""},
  };
  for (const auto& [fields, expected] : rows) {
    INFO(fields[0]);
    CHECK(joined(fields) == expected);
  }
  const std::string longest = long_key.substr(0, 200) + "=" + long_value;
  CHECK(joined({longest}) == longest);
  CHECK(joined({long_key + "k=1"}).empty());
  CHECK(joined({"a=" + long_value + "v"}).empty());
}

TEST_CASE("trace context: tracestate has 32 members at most", "[trace]") {
  std::string text;
  for (int i = 0; i < 32; ++i) text += (i == 0 ? "k" : ",k") + std::to_string(i) + "=1";
  CHECK(joined({text}) == text);
  CHECK(joined({text + ",more=1"}).empty());
}

TEST_CASE("trace context: a tracestate that is too long loses large members, then the last", "[trace]") {
  const std::string large = "large=" + std::string(200, 'x');
  const std::string other = "other=" + std::string(200, 'y');
  std::string small;
  for (int i = 0; i < 10; ++i) small += ",s" + std::to_string(i) + "=" + std::string(20, 'z');
  CHECK(joined({large + "," + other + small}) == large + small);
  std::string many = "first=1";
  for (int i = 0; i < 9; ++i) many += ",m" + std::to_string(i) + "=" + std::string(60, 'x');
  const std::string kept = joined({many});
  CHECK(kept.size() <= kMaxTraceState);
  CHECK(many.starts_with(kept + ","));
  CHECK(kept.size() > kMaxTraceState - 64);
}

TEST_CASE("trace context: b3 has its forms", "[trace]") {
  struct B3Row {
    std::string text;
    bool is_good;
    bool has_parent = false;
    std::optional<bool> is_sampled{};
    bool is_debug = false;
  };
  const B3Row rows[] = {
      {kTrace + "-" + kSpan, true, true},
      {kTrace + "-" + kSpan + "-1", true, true, true},
      {kTrace + "-" + kSpan + "-0", true, true, false},
      {kTrace + "-" + kSpan + "-d", true, true, true, true},
      {kTrace + "-" + kSpan + "-1-05e3ac9a4f6e3b90", true, true, true},
      {"0", true, false, false},
      {"1", true, false, true},
      {"d", true, false, true, true},
      {"", false},
      {"2", false},
      {"true", false},
      {kTrace, false},
      {kTrace + "-", false},
      {kTrace + "-" + kSpan + "-", false},
      {kTrace + "-" + kSpan + "-2", false},
      {kTrace + "-" + kSpan + "-1-", false},
      {kTrace + "-" + kSpan + "-1-05e3", false},
      {kTrace + "-" + kSpan + "-1-05e3ac9a4f6e3b90-1", false},
      {kTrace.substr(1) + "-" + kSpan, false},
      {"0AF7651916CD43DD8448EB211C80319C-" + kSpan, false},
      {std::string(32, '0') + "-" + kSpan, false},
      {kTrace + "-0000000000000000", false},
  };
  for (const B3Row& row : rows) {
    INFO(row.text);
    const auto context = parse_b3(row.text);
    REQUIRE(context.has_value() == row.is_good);
    if (!row.is_good) continue;
    CHECK(context->parent == (row.has_parent ? std::optional(kParent) : std::nullopt));
    CHECK(context->is_sampled == row.is_sampled);
    CHECK(context->is_debug == row.is_debug);
  }
  const auto half = parse_b3("8448eb211c80319c-" + kSpan);
  REQUIRE(half);
  CHECK(half->parent->trace == TraceId{0, 0x8448eb211c80319c});
}

TEST_CASE("trace context: the fields of B3", "[trace]") {
  const auto read = [](B3Fields fields) { return parse_b3_fields(fields); };
  CHECK(read({kTrace, kSpan, "1", ""}) == TraceContext{kParent, true});
  CHECK(read({kTrace, kSpan, "0", ""}) == TraceContext{kParent, false});
  CHECK(read({kTrace, kSpan, "", ""}) == TraceContext{kParent});
  CHECK(read({kTrace, kSpan, "true", ""}) == TraceContext{kParent, true});
  CHECK(read({kTrace, kSpan, "", "1"}) == TraceContext{kParent, true, true});
  CHECK(read({"", "", "0", ""}) == TraceContext{std::nullopt, false});
  CHECK_FALSE(read({"", "", "", ""}));
  CHECK_FALSE(read({"", "", "", "0"}));
  CHECK_FALSE(read({kTrace, "", "1", ""}));
  CHECK_FALSE(read({"", kSpan, "1", ""}));
  CHECK_FALSE(read({kTrace, kSpan, "yes", ""}));
  CHECK_FALSE(read({"zz", kSpan, "1", ""}));
}

TEST_CASE("trace context: identifiers are written in lower-case digits, zeros first", "[trace]") {
  char text[32];
  REQUIRE(write_hex(text, TraceId{0x0123456789abcdef, 0xfedcba9876543210}) == text + 32);
  CHECK(std::string_view(text, 32) == "0123456789abcdeffedcba9876543210");
  write_hex(text, std::uint64_t{0xa});
  CHECK(std::string_view(text, 16) == "000000000000000a");
}

TEST_CASE("trace context: what is written is read again", "[trace]") {
  for (const bool is_sampled : {false, true}) {
    char traceparent[kTraceParentSize];
    write_traceparent(traceparent, kParent, is_sampled);
    CHECK(std::string_view(traceparent, sizeof traceparent) ==
          "00-" + kTrace + "-" + kSpan + (is_sampled ? "-01" : "-00"));
    CHECK(parse_traceparent({traceparent, sizeof traceparent}) == TraceContext{kParent, is_sampled});
    char b3[kB3Size];
    write_b3(b3, kParent, is_sampled, false);
    CHECK(parse_b3({b3, sizeof b3}) == TraceContext{kParent, is_sampled});
    write_b3(b3, kParent, true, true);
    CHECK(parse_b3({b3, sizeof b3}) == TraceContext{kParent, true, true});
  }
}

TEST_CASE("trace context: a share of the traces is the same share everywhere", "[trace]") {
  int within = 0;
  for (int i = 0; i < 10000; ++i) {
    const TraceId id = random_trace_id();
    CHECK_FALSE(id.is_zero());
    within += is_within_share(id, 0.1) ? 1 : 0;
    CHECK(is_within_share(id, 1));
    CHECK_FALSE(is_within_share(id, 0));
    if (is_within_share(id, 0.1)) CHECK(is_within_share(id, 0.2));
  }
  CHECK(within > 800);
  CHECK(within < 1200);
}

}  // namespace outrigger::base
