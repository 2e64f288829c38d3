#include "http/h1/fields.h"

#include <catch2/catch.hpp>
#include <string>

#include "http/h1/marks.h"
#include "outrigger/arena.h"

using namespace outrigger;
using namespace outrigger::http::h1;

namespace {

struct Read {
  explicit Read(std::string_view text, decltype(&read_fields) reader = &read_fields, std::size_t most = 100)
      : headers(arena), lines(reader(text, most, headers)) {}
  Arena arena;
  Headers headers;
  FieldLines lines;
};

// Everything that a reader tells, as one text.
std::string told(const Read& read) {
  std::string all = std::to_string(read.lines.size) + " " + std::string(read.lines.error) +
                    (read.lines.has_underscore ? " underscore" : "");
  if (read.lines.size == 0) return all;
  for (const Field& field : read.headers) {
    all.append("\n").append(field.name).append("=").append(field.value).append("|").append(field.line);
    all.append("#").append(std::to_string(static_cast<int>(field.id)));
    if (read.headers.is_repeated(field.id)) all.append(" repeated");
  }
  return all.append("\n").append(read.headers.received());
}

std::uint64_t random_state = 1;
std::size_t below(std::size_t limit) {
  random_state = random_state * 6364136223846793005U + 1442695040888963407U;
  return (random_state >> 33) % limit;
}

}  // namespace

TEST_CASE("fields: every byte has its bit in both maps, on every processor", "[http][h1]") {
  for (int round = 0; round < 200; ++round) {
    char bytes[64];
    for (int i = 0; i < 64; ++i)
      bytes[i] = static_cast<char>(round < 4 ? round * 64 + i : static_cast<int>(below(256)));
    const Bitmaps maps = plain::bitmaps(bytes);
    for (unsigned i = 0; i < 64; ++i) {
      REQUIRE((maps.no_token >> i & 1U) == (is_token_char(bytes[i]) ? 0 : 1));
      REQUIRE((maps.control >> i & 1U) == (is_control(bytes[i]) || bytes[i] == '\t' ? 1 : 0));
    }
#if defined(__x86_64__)
    if (!__builtin_cpu_supports("avx2")) continue;
    REQUIRE(avx2::bitmaps(bytes).no_token == maps.no_token);
    REQUIRE(avx2::bitmaps(bytes).control == maps.control);
#endif
  }
}

TEST_CASE("fields: both readers tell the same of whole, cut and spoilt lines", "[http][h1]") {
  const std::string_view parts[] = {"Host",
                                    "X",
                                    ":",
                                    ": ",
                                    " ",
                                    "\t",
                                    "\r\n",
                                    "\r",
                                    "\n",
                                    "a",
                                    "Content-Length: 5\r\n",
                                    "Cookie: a_b=c; d\r\n",
                                    "X_Forwarded_For: 1\r\n",
                                    "x-a:\t b \t\r\n",
                                    "\x7f",
                                    "\xe4",
                                    std::string_view("\0", 1),
                                    "Accept: text/html,application/xhtml+xml;q=0.9\r\n"};
  for (int round = 0; round < 20000; ++round) {
    std::string text;
    for (std::size_t i = below(12); i > 0; --i) text += parts[below(std::size(parts))];
    if (below(2) == 0) text += "\r\n";
    if (below(4) == 0) text += "GET / HTTP/1.1\r\n";
    const std::string_view exact(text.data(), text.size());
    INFO(text);
    REQUIRE(told(Read(exact)) == told(Read(exact, &read_fields_plain)));
    REQUIRE(told(Read(exact, &read_fields, 2)) == told(Read(exact, &read_fields_plain, 2)));
  }
}

TEST_CASE("fields: lines of any length around the edges of a block", "[http][h1]") {
  for (std::size_t name = 1; name < 140; ++name) {
    for (const std::size_t value : {0UZ, 1UZ, 30UZ, 62UZ, 63UZ, 64UZ, 65UZ, 127UZ, 200UZ}) {
      const std::string text = std::string(name, 'n') + ": " + std::string(value, 'v') + "\r\nB: 2\r\n\r\nrest";
      const Read read(text);
      REQUIRE(read.lines.size == text.size() - 4);
      REQUIRE(read.headers.size() == 2);
      REQUIRE(read.headers.begin()->name.size() == name);
      REQUIRE(read.headers.begin()->value.size() == value);
      REQUIRE(read.headers.received().size() == text.size() - 6);
      for (std::size_t cut = 0; cut + 4 < text.size(); cut += 1 + cut / 8) {
        const Read part(std::string_view(text).substr(0, cut));
        REQUIRE(part.lines.size == 0);
        REQUIRE(part.lines.error.empty());
      }
    }
  }
}

TEST_CASE("fields: a name with underscores that is like a known one is reported", "[http][h1]") {
  REQUIRE(Read("X_Forwarded_For: 1\r\n\r\n").lines.has_underscore);
  REQUIRE(Read("Host: a\r\nUnknown_Name: 1\r\nX-Y: 1\r\n\r\n").lines.has_underscore);
  REQUIRE_FALSE(Read("X-Forwarded-For: a_b\r\nUnknown-Name: c_d\r\n\r\n").lines.has_underscore);
}

TEST_CASE("fields: the limit counts lines", "[http][h1]") {
  std::string text;
  for (int i = 0; i < 60; ++i) text += "A: b\r\n";
  text += "\r\n";
  REQUIRE(Read(text, &read_fields, 60).lines.size == text.size());
  REQUIRE(Read(text, &read_fields, 60).headers.size() == 60);
  REQUIRE(Read(text, &read_fields, 59).lines.error == kTooManyFields);
  REQUIRE(Read("A: b\r\n\r\n", &read_fields, 0).lines.error == kTooManyFields);
}
