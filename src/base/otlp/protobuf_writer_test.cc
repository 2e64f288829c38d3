#include "base/otlp/protobuf_writer.h"

#include <array>
#include <catch2/catch.hpp>
#include <string>

namespace outrigger::base {
namespace {

using namespace std::string_literals;

std::string text_of(std::string_view value) {
  std::array<char, 256> room;
  ProtobufWriter out(room.data(), room.size());
  out.text(1, value);
  REQUIRE_FALSE(out.is_full());
  return {room.data() + 3, out.size() - 3};  // behind tag and length
}

}  // namespace

TEST_CASE("protobuf: each kind of field has its form", "[otlp]") {
  std::array<char, 128> room;
  ProtobufWriter out(room.data(), room.size());
  out.varint(1, 150);
  out.fixed32(2, 0x01020304);
  out.fixed64(16, 1);
  out.float64(3, 1.0);
  out.bytes(4, "ab");
  const auto nested = out.begin(5);
  out.varint(1, 1);
  out.end(nested);
  CHECK(std::string(room.data(), out.size()) ==
        "\x08\x96\x01"
        "\x15\x04\x03\x02\x01"
        "\x81\x01\x01\0\0\0\0\0\0\0"
        "\x19\0\0\0\0\0\0\xf0\x3f"
        "\x22\x02"
        "ab"
        "\x2a\x82\0\x08\x01"s);
}

TEST_CASE("protobuf: a text is UTF-8 whatever came in", "[otlp]") {
  CHECK(text_of("plain") == "plain");
  CHECK(text_of("") == "");
  CHECK(text_of("\xc3\xa9\xe2\x82\xac") == "\xc3\xa9\xe2\x82\xac");
  CHECK(text_of("a\xff"
                "b") ==
        "a\xc3\xbf"
        "b");
  CHECK(text_of("\xe2\x82") == "\xc3\xa2\xc2\x82");  // cut short
}

TEST_CASE("protobuf: fields of a message of any size have the same form", "[otlp]") {
  std::string out;
  append_varint(out, 1, 150);
  append_varint(out, 1, ~std::uint64_t{0});
  append_fixed64(out, 2, 1);
  append_float64(out, 3, 1.0);
  append_nested(out, 4, "ab");
  append_text(out, 5, "\xff");
  CHECK(out ==
        "\x08\x96\x01"
        "\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
        "\x11\x01\0\0\0\0\0\0\0"
        "\x19\0\0\0\0\0\0\xf0\x3f"
        "\x22\x02"
        "ab"
        "\x2a\x02\xc3\xbf"s);
  out.clear();
  append_text(out, 1, std::string(20'000, 'x'));
  CHECK(out.substr(0, 4) == "\x0a\xa0\x9c\x01");
  CHECK(out.size() == 20'004);
}

TEST_CASE("protobuf: what does not fit is told", "[otlp]") {
  std::array<char, 8> room;
  ProtobufWriter out(room.data(), room.size());
  out.bytes(1, "123456");
  CHECK_FALSE(out.is_full());
  out.varint(2, 1);
  CHECK(out.is_full());
  CHECK(out.size() == 8);
  std::string large(20000, 'x');
  std::string wide(30000, ' ');
  ProtobufWriter nested(wide.data(), wide.size());
  nested.text(1, large);
  CHECK(nested.is_full());
}

TEST_CASE("protobuf: a message of any size goes into another", "[otlp]") {
  std::string out;
  append_nested(out, 1, std::string(300, 'x'));
  CHECK(out.substr(0, 3) == "\x0a\xac\x02");
  CHECK(out.size() == 303);
}

}  // namespace outrigger::base
