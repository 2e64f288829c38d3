#include "http/h1/head_writer.h"

#include <catch2/catch.hpp>
#include <string>

#include "http/h1/request_parser.h"

using namespace outrigger;
using namespace outrigger::http::h1;

namespace {

std::string written(const Headers& headers) {
  char buffer[1000];
  HeadWriter writer(buffer, buffer + sizeof buffer);
  writer.fields(headers);
  REQUIRE_FALSE(writer.overflowed());
  return {buffer, writer.size()};
}

}  // namespace

TEST_CASE("writer: text, numbers and fields", "[http][h1]") {
  char buffer[100];
  HeadWriter writer(buffer, buffer + sizeof buffer);
  writer.append("HTTP/1.1 ");
  writer.append_number(200);
  writer.append(" ");
  writer.append("");
  writer.append_number(18446744073709551615U);
  writer.append("\r\n");
  writer.field("A", "b");
  writer.field("C", "");
  REQUIRE(std::string_view(buffer, writer.size()) == "HTTP/1.1 200 18446744073709551615\r\nA: b\r\nC: \r\n");
}

TEST_CASE("writer: what does not fit is left out with all behind it", "[http][h1]") {
  char buffer[6] = {};
  HeadWriter writer(buffer, buffer + 5);
  writer.append("abc");
  writer.append("def");
  REQUIRE(writer.overflowed());
  writer.append("g");
  REQUIRE(std::string_view(buffer, writer.size()) == "abc");
  HeadWriter full(buffer, buffer + 3);
  full.append("xyz");
  REQUIRE_FALSE(full.overflowed());
  REQUIRE(full.size() == 3);
}

TEST_CASE("writer: untouched fields leave as they came, changed ones in our form", "[http][h1]") {
  const std::string input = "GET / HTTP/1.1\r\nhOST:a\r\nX:  1 \r\nY: 2\r\nX: 3\r\n\r\n";
  struct Row {
    const char* sentence;
    void (*change)(Headers&);
    const char* result;
  };
  const Row rows[] = {
      {"nothing changed", [](Headers&) {}, "hOST:a\r\nX:  1 \r\nY: 2\r\nX: 3\r\n"},
      {"one set", [](Headers& h) { h.set("Y", "9"); }, "hOST:a\r\nX:  1 \r\nY: 9\r\nX: 3\r\n"},
      {"one removed", [](Headers& h) { h.remove("Y"); }, "hOST:a\r\nX:  1 \r\nX: 3\r\n"},
      {"the first removed", [](Headers& h) { h.remove(FieldId::host); }, "X:  1 \r\nY: 2\r\nX: 3\r\n"},
      {"one added", [](Headers& h) { h.add("Z", "4"); }, "hOST:a\r\nX:  1 \r\nY: 2\r\nX: 3\r\nZ: 4\r\n"},
      {"the last appended to", [](Headers& h) { h.append("x", "4"); }, "hOST:a\r\nX:  1 \r\nY: 2\r\nX: 3, 4\r\n"},
      {"all removed", [](Headers& h) { h.clear(); }, ""},
  };
  for (const Row& row : rows) {
    INFO(row.sentence);
    Arena arena;
    RequestHead head(arena);
    std::size_t scanned = 0;
    REQUIRE(parse_request_head(input, scanned, {}, PathPolicy::reject, head).status == HeadResult::Status::complete);
    row.change(head.headers);
    REQUIRE(written(head.headers) == row.result);
  }
}

TEST_CASE("writer: chunk heads", "[http][h1]") {
  const std::pair<std::uint64_t, const char*> rows[] = {
      {0, "0\r\n"}, {5, "5\r\n"}, {16, "10\r\n"}, {500, "1f4\r\n"}, {UINT64_MAX, "ffffffffffffffff\r\n"}};
  for (const auto& [size, text] : rows) {
    char buffer[kMaxChunkHead];
    REQUIRE(std::string_view(buffer, write_chunk_head(buffer, size)) == text);
  }
}
