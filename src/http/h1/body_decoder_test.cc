#include "http/h1/body_decoder.h"

#include <catch2/catch.hpp>
#include <string>

using namespace outrigger;
using namespace outrigger::http::h1;
using namespace std::string_literals;
using State = BodyDecoder::Step::State;

namespace {

struct Outcome {
  std::string content;
  std::string rest;      // input behind the body
  std::string trailers;  // "name=value "
  std::string error;
  bool done = false;
  bool operator==(const Outcome&) const = default;
};

// Decodes `input` in pieces of `piece` bytes.
Outcome decode(Framing framing, std::uint64_t length, std::string_view input, std::size_t piece,
               BodyDecoder::Sizes sizes = BodyDecoder::Sizes::strict) {
  Arena arena;
  BodyDecoder decoder(framing, length, &arena, sizes);
  Outcome outcome;
  std::size_t at = 0;
  std::size_t given = 0;
  for (;;) {
    const std::string_view part = input.substr(at, given - at);
    const auto step = decoder.step(part);
    REQUIRE(step.consumed <= part.size());
    if (!step.payload.empty()) {
      REQUIRE(step.payload.data() >= part.data());
      REQUIRE(step.payload.data() + step.payload.size() <= part.data() + step.consumed);
    }
    outcome.content += step.payload;
    at += step.consumed;
    if (step.state == State::done || step.state == State::failed) break;
    if (step.state == State::more) continue;
    REQUIRE(at == given);
    if (given == input.size()) break;
    given = std::min(given + piece, input.size());
  }
  outcome.done = decoder.done();
  outcome.error = decoder.error();
  if (outcome.done) outcome.rest = input.substr(at);
  if (decoder.trailers() != nullptr) {
    for (const Field& field : *decoder.trailers()) {
      outcome.trailers.append(field.name).append("=").append(field.value).append(" ");
    }
  }
  return outcome;
}

}  // namespace

TEST_CASE("body: content of known length", "[http][h1]") {
  for (const std::size_t piece : {1UZ, 3UZ, 100UZ}) {
    const auto complete = decode(Framing::length, 5, "helloGET", piece);
    REQUIRE(complete.content == "hello");
    REQUIRE(complete.done);
    const auto cut = decode(Framing::length, 5, "hell", piece);
    REQUIRE(cut.content == "hell");
    REQUIRE_FALSE(cut.done);
    const auto open = decode(Framing::until_close, 0, "hello", piece);
    REQUIRE(open.content == "hello");
    REQUIRE_FALSE(open.done);
  }
  REQUIRE(decode(Framing::none, 0, "GET", 9).rest == "GET");
  REQUIRE(decode(Framing::none, 9, "GET", 9).rest == "GET");
  REQUIRE(decode(Framing::length, 0, "GET", 9).rest == "GET");
}

TEST_CASE("body: the end of the connection completes only what lasts until then", "[http][h1]") {
  Arena arena;
  BodyDecoder open(Framing::until_close, 0, &arena);
  REQUIRE_FALSE(open.done());
  REQUIRE(open.on_eof());
  REQUIRE(open.done());
  REQUIRE_FALSE(BodyDecoder(Framing::length, 5, &arena).on_eof());
  REQUIRE_FALSE(BodyDecoder(Framing::chunked, 0, &arena).on_eof());
  REQUIRE(BodyDecoder(Framing::none, 0, &arena).on_eof());
}

TEST_CASE("body: chunked content", "[http][h1]") {
  struct Row {
    const char* sentence;
    std::string input;
    const char* content;
    const char* trailers;
    const char* rest;
  };
  const Row rows[] = {
      {"no content", "0\r\n\r\n", "", "", ""},
      {"one chunk", "5\r\nhello\r\n0\r\n\r\n", "hello", "", ""},
      {"two chunks and the next request", "1\r\na\r\n2\r\nbc\r\n0\r\n\r\nGET", "abc", "", "GET"},
      {"hexadecimal in any case", "a\r\n0123456789\r\nA\r\n0123456789\r\n0\r\n\r\n", "01234567890123456789", "", ""},
      {"leading zeros", "0000000000000005\r\nhello\r\n000\r\n\r\n", "hello", "", ""},
      {"CRLF inside the content", "4\r\n\r\n\r\n\r\n0\r\n\r\n", "\r\n\r\n", "", ""},
      {"extensions are skipped", "5;a=b;c=\"d;\\\"\xe4 e\";f\r\nhello\r\n0;x\r\n\r\n", "hello", "", ""},
      {"trailers", "0\r\nX-Sum: 1\r\nY:  2 \r\n\r\nGET", "", "X-Sum=1 Y=2 ", "GET"},
      {"trailers that frame are dropped", "0\r\nContent-Length: 5\r\nX: 1\r\nhost: b\r\nTransfer-Encoding: x\r\n\r\n",
       "", "X=1 ", ""},
      {"trailers that authenticate are dropped",
       "0\r\nAuthorization: a\r\nCookie: b\r\nSet-Cookie: c\r\nRange: d\r\n\r\n", "", "", ""},
      {"trailers that claim are dropped", "0\r\nX-Forwarded-User: a\r\nx-forwarded-ssl: on\r\nX: 1\r\n\r\n", "", "X=1 ",
       ""},
      {"many trailer bytes", "0\r\nX: " + std::string(8000, 'a') + "\r\nY: 1\r\nX: 2\r\nContent-Type: z\r\n\r\n", "",
       nullptr, ""},
  };
  for (const Row& row : rows) {
    INFO(row.sentence);
    const Outcome whole = decode(Framing::chunked, 0, row.input, row.input.size());
    REQUIRE(whole.error.empty());
    REQUIRE(whole.done);
    REQUIRE(whole.content == row.content);
    if (row.trailers != nullptr) REQUIRE(whole.trailers == row.trailers);
    REQUIRE(whole.rest == row.rest);
    for (const std::size_t piece : {1UZ, 2UZ, 3UZ, 7UZ})
      REQUIRE(decode(Framing::chunked, 0, row.input, piece) == whole);
  }
}

TEST_CASE("body: sizes padded by blanks are a service's", "[http][h1]") {
  const auto padded = [](std::string_view input, std::size_t piece) {
    return decode(Framing::chunked, 0, input, piece, BodyDecoder::Sizes::padded);
  };
  constexpr std::string_view kPadded = "5     \r\nhello\r\n1 \t;a=b\r\n!\r\n0  \r\n\r\nHTTP";
  for (const std::size_t piece : {1UZ, 3UZ, 100UZ}) {
    const Outcome outcome = padded(kPadded, piece);
    CHECK(outcome.done);
    CHECK(outcome.content == "hello!");
    CHECK(outcome.rest == "HTTP");
    CHECK(decode(Framing::chunked, 0, kPadded, piece).error == "bad character in a chunk size");
    CHECK(padded("5 0\r\nhello", piece).error == "bad character in a chunk size");
    CHECK(padded(" 5\r\nhello", piece).error == "no chunk size");
    CHECK(padded("5 \nhello", piece).error == "bare LF in a chunk line");
    CHECK(padded("5" + std::string(5000, ' '), piece).error == "chunk size padded too far");
  }
}

TEST_CASE("body: malformed chunks", "[http][h1]") {
  std::string many_extensions;
  for (int i = 0; i < 20; ++i) many_extensions += "1;" + std::string(1000, 'x') + "\r\na\r\n";
  std::string many_trailers = "0\r\n";
  for (int i = 0; i < 33; ++i) many_trailers += "A: b\r\n";
  struct Row {
    const char* sentence;
    std::string input;
    const char* error;
  };
  const Row rows[] = {
      {"no size", "\r\nhello", "no chunk size"},
      {"an extension without a size", ";a\r\n", "no chunk size"},
      {"a sign", "+5\r\nhello\r\n", "no chunk size"},
      {"a prefix", "0x5\r\nhello\r\n", "bad character in a chunk size"},
      {"a blank before", " 5\r\nhello\r\n", "no chunk size"},
      {"a blank behind", "5 \r\nhello\r\n", "bad character in a chunk size"},
      {"no hexadecimal digit", "g\r\n", "no chunk size"},
      {"bare LF behind the size", "5\nhello\r\n", "bare LF in a chunk line"},
      {"bare CR behind the size", "5\rhello", "bare CR in a chunk line"},
      {"two CR", "5\r\r\nhello", "bare CR in a chunk line"},
      {"above 2^63-1", "8000000000000000\r\n", "chunk size too large"},
      {"an overflow", "10000000000000005\r\n", "chunk size too large"},
      {"17 digits", "00000000000000005\r\n", "chunk size too large"},
      {"bare LF in an extension", "5;a\nhello\r\n", "bare LF in a chunk line"},
      {"bare CR in an extension", "5;a\rb\r\nhello\r\n", "bare CR in a chunk line"},
      {"a control character in an extension", "5;\x01\r\nhello\r\n", "control character in a chunk extension"},
      {"an empty extension", "5;\r\nhello\r\n", "malformed chunk extension"},
      {"an empty extension behind another", "5;a;\r\nhello\r\n", "malformed chunk extension"},
      {"an extension without a name", "5;=a\r\nhello\r\n", "malformed chunk extension"},
      {"an extension with an empty value", "5;a=\r\nhello\r\n", "malformed chunk extension"},
      {"an extension with two values", "5;a=b=c\r\nhello\r\n", "malformed chunk extension"},
      {"a blank before an extension", "5; a\r\nhello\r\n", "malformed chunk extension"},
      {"an open quote in an extension", "5;a=\"b\r\nhello\r\n", "malformed chunk extension"},
      {"a CRLF in a quoted extension", "5;a=\"\r\n\"\r\nhello\r\n", "malformed chunk extension"},
      {"something behind a quoted extension", "5;a=\"b\"c\r\nhello\r\n", "malformed chunk extension"},
      {"a long extension", "5;" + std::string(5000, 'x') + "\r\n", "chunk extensions too long"},
      {"many extensions", many_extensions, "chunk extensions too long"},
      {"content longer than its size", "5\r\nhelloo\r\n0\r\n\r\n", "no CRLF behind a chunk"},
      {"LF alone behind the content", "5\r\nhello\n0\r\n\r\n", "no CRLF behind a chunk"},
      {"CR without LF behind the content", "5\r\nhello\r0\r\n\r\n", "no CRLF behind a chunk"},
      {"trailers with bare LF", "0\r\nA: b\n\r\n", "bare LF"},
      {"LF for the last line", "0\r\n\n", "bare LF"},
      {"CR without LF for the last line", "0\r\n\rx", "bare CR"},
      {"a trailer without colon", "0\r\nGET / HTTP/1.1\r\n\r\n", "blank before colon"},
      {"a folded trailer", "0\r\nA: b\r\n c\r\n\r\n", "obs-fold"},
      {"trailers too large", "0\r\nA: " + std::string(9000, 'x') + "\r\n\r\n", "trailers too large"},
      {"too many trailers", many_trailers + "\r\n", "too many fields"},
  };
  for (const Row& row : rows) {
    INFO(row.sentence);
    for (const std::size_t piece : {1UZ, 2UZ, 3UZ, 7UZ, 1000000UZ}) {
      const Outcome outcome = decode(Framing::chunked, 0, row.input, piece);
      REQUIRE(outcome.error == row.error);
      REQUIRE_FALSE(outcome.done);
    }
  }
}

TEST_CASE("body: an unfinished chunked body asks for more", "[http][h1]") {
  const std::string input = "5;a\r\nhello\r\n0\r\nA: b\r\n\r\n";
  for (std::size_t size = 0; size < input.size(); ++size) {
    const Outcome outcome = decode(Framing::chunked, 0, std::string_view(input).substr(0, size), 100);
    REQUIRE(outcome.error.empty());
    REQUIRE_FALSE(outcome.done);
  }
}

TEST_CASE("body: the largest chunk size is taken", "[http][h1]") {
  Arena arena;
  BodyDecoder decoder(Framing::chunked, 0, &arena);
  const auto step = decoder.step("7fffffffffffffff\r\nab");
  REQUIRE(step.payload == "ab");
  REQUIRE(step.state == State::need_input);
}
