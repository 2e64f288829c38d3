#include "http/h1/response_parser.h"

#include <catch2/catch.hpp>
#include <string>

using namespace outrigger;
using namespace outrigger::http::h1;
using namespace std::string_literals;
using Status = HeadResult::Status;

namespace {

struct Parsed {
  Arena arena;
  ResponseHead head{arena};
  HeadResult result;
};

// Parses whole and byte by byte; both must end alike.
void parse(std::string_view input, Method method, Parsed& out, const HeadLimits& limits = {}) {
  std::size_t scanned = 0;
  out.result = parse_response_head(input, scanned, limits, method, out.head);
  scanned = 0;
  HeadResult slow;
  for (std::size_t size = 1; size <= input.size() && slow.status == Status::need_more; ++size) {
    Arena arena;
    ResponseHead head(arena);
    slow = parse_response_head(input.substr(0, size), scanned, limits, method, head);
  }
  REQUIRE(slow.status == out.result.status);
  REQUIRE(slow.consumed == out.result.consumed);
  REQUIRE(describe(slow.failure).token == describe(out.result.failure).token);
}

std::string outcome(const HeadResult& result) {
  if (result.status == Status::complete) return "";
  if (result.status == Status::need_more) return "need_more";
  return std::string(result.reason);
}

}  // namespace

TEST_CASE("response: status lines", "[http][h1]") {
  struct Row {
    const char* sentence;
    std::string line;
    const char* outcome;
    int status;
    const char* reason;
  };
  const Row rows[] = {
      {"the usual", "HTTP/1.1 200 OK", "", 200, "OK"},
      {"no phrase", "HTTP/1.1 200 ", "", 200, ""},
      {"no phrase and no blank", "HTTP/1.1 404", "", 404, ""},
      {"a phrase with blanks, tabs and obs-text", "HTTP/1.1 404 n\xf6t \tfound ", "", 404, "n\xf6t \tfound "},
      {"the smallest code", "HTTP/1.0 100 C", "", 100, "C"},
      {"the largest code", "HTTP/1.1 999 X", "", 999, "X"},
      {"a code below 100", "HTTP/1.1 099 X", "status line", 0, ""},
      {"a code of four digits", "HTTP/1.1 2000 X", "status line", 0, ""},
      {"a code of two digits", "HTTP/1.1 20 OKAY", "status line", 0, ""},
      {"a code with letters", "HTTP/1.1 2x0 OK", "status line", 0, ""},
      {"two blanks", "HTTP/1.1  200 OK", "status line", 0, ""},
      {"version 1.2", "HTTP/1.2 200 OK", "status line", 0, ""},
      {"version 2", "HTTP/2 200 OK", "not HTTP/1", 0, ""},
      {"another protocol", "ICY 200 OK", "not HTTP/1", 0, ""},
      {"lower case", "http/1.1 200 OK", "not HTTP/1", 0, ""},
      {"an empty line before", "\r\nHTTP/1.1 200 OK", "not HTTP/1", 0, ""},
      {"a NUL in the phrase", "HTTP/1.1 200 O\0K"s, "control character", 0, ""},
      {"bare CR in the phrase", "HTTP/1.1 200 O\rK", "bare CR", 0, ""},
      {"bare LF behind the line", "HTTP/1.1 200 OK\nA: b", "bare LF", 0, ""},
  };
  for (const Row& row : rows) {
    INFO(row.sentence);
    Parsed parsed;
    const std::string input = row.line + "\r\nA: b\r\n\r\n";
    parse(input, Method::get, parsed);
    REQUIRE(outcome(parsed.result) == row.outcome);
    if (parsed.result.status == Status::failed) {
      REQUIRE(parsed.result.failure == Failure::upstream_bad_response);
      continue;
    }
    REQUIRE(parsed.head.status == row.status);
    REQUIRE(parsed.head.reason == row.reason);
    REQUIRE(parsed.head.headers.size() == 1);
  }
}

TEST_CASE("response: framing by RFC 9112 section 6.3", "[http][h1]") {
  struct Row {
    const char* sentence;
    const char* head;
    Method method;
    Framing framing;
    std::uint64_t length;
    bool keep_alive;
  };
  const Row rows[] = {
      {"a length", "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", Method::get, Framing::length, 7, true},
      {"length zero has no content", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", Method::get, Framing::none, 0,
       true},
      {"chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Method::get, Framing::chunked, 0, true},
      {"neither lasts until close", "HTTP/1.1 200 OK\r\n\r\n", Method::get, Framing::until_close, 0, false},
      {"HEAD has none, whatever the fields say", "HTTP/1.1 200 OK\r\nContent-Length: 7\r\n\r\n", Method::head,
       Framing::none, 7, true},
      {"HEAD with chunked", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", Method::head, Framing::none, 0,
       true},
      {"204", "HTTP/1.1 204 No Content\r\n\r\n", Method::get, Framing::none, 0, true},
      {"204 that announces content is not kept", "HTTP/1.1 204 No Content\r\nContent-Length: 3\r\n\r\n", Method::get,
       Framing::none, 3, false},
      {"304 with the length of the 200", "HTTP/1.1 304 X\r\nContent-Length: 7\r\n\r\n", Method::get, Framing::none, 7,
       true},
      {"100", "HTTP/1.1 100 Continue\r\n\r\n", Method::post, Framing::none, 0, true},
      {"103", "HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n", Method::get, Framing::none, 0, true},
      {"close", "HTTP/1.1 200 OK\r\nContent-Length: 7\r\nConnection: close\r\n\r\n", Method::get, Framing::length, 7,
       false},
      {"1.0 closes", "HTTP/1.0 200 OK\r\nContent-Length: 7\r\n\r\n", Method::get, Framing::length, 7, false},
      {"1.0 with keep-alive", "HTTP/1.0 200 OK\r\nContent-Length: 7\r\nConnection: keep-alive\r\n\r\n", Method::get,
       Framing::length, 7, true},
  };
  for (const Row& row : rows) {
    INFO(row.sentence);
    Parsed parsed;
    parse(row.head, row.method, parsed);
    REQUIRE(outcome(parsed.result).empty());
    REQUIRE(parsed.result.consumed == std::string_view(row.head).size());
    REQUIRE(parsed.head.framing == row.framing);
    REQUIRE(parsed.head.content_length == row.length);
    REQUIRE(parsed.head.keep_alive == row.keep_alive);
  }
}

TEST_CASE("response: the rules of fields are those of requests", "[http][h1]") {
  struct Row {
    const char* sentence;
    std::string fields;
    const char* reason;
  };
  const Row rows[] = {
      {"obs-fold", "A: b\r\n c\r\n", "obs-fold"},
      {"a blank before the colon", "A : b\r\n", "blank before colon"},
      {"bare LF", "A: b\nC: d\r\n", "bare LF"},
      {"NUL", "A: \0\r\n"s, "control character"},
      {"no colon", "garbage\r\n", "no colon"},
      {"length and chunked", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n",
       "Content-Length beside Transfer-Encoding"},
      {"the same length twice", "Content-Length: 5\r\nContent-Length: 5\r\n", "repeated Content-Length"},
      {"a list of lengths", "Content-Length: 5, 5\r\n", "malformed Content-Length"},
      {"a negative length", "Content-Length: -5\r\n", "malformed Content-Length"},
      {"an unknown coding", "Transfer-Encoding: gzip, chunked\r\n", "transfer coding other than chunked"},
  };
  for (const Row& row : rows) {
    INFO(row.sentence);
    Parsed parsed;
    const std::string input = "HTTP/1.1 200 OK\r\n" + row.fields + "\r\n";
    parse(input, Method::get, parsed);
    REQUIRE(outcome(parsed.result) == row.reason);
    REQUIRE(parsed.result.failure == Failure::upstream_bad_response);
  }
  Parsed parsed;
  parse("HTTP/1.1 103 Hints\r\nContent-Length: 5\r\n\r\n", Method::get, parsed);
  REQUIRE(outcome(parsed.result) == "content in an interim response");
}

TEST_CASE("response: limits", "[http][h1]") {
  const HeadLimits limits{.max_head = 100, .max_fields = 2, .max_target = 10};
  const std::pair<std::string, Failure> rows[] = {
      {"HTTP/1.1 200 OK\r\nA: b\r\nC: d\r\n\r\n", Failure::none},
      {"HTTP/1.1 200 OK\r\nA: b\r\nC: d\r\nE: f\r\n\r\n", Failure::upstream_head_too_large},
      {"HTTP/1.1 200 OK\r\nA: " + std::string(100, 'b'), Failure::upstream_head_too_large},
      {"HTTP/1.1 200 OK\r\nA: " + std::string(100, 'b') + "\r\n\r\n", Failure::upstream_head_too_large},
      {"HTTP/1.1 200 " + std::string(100, 'b'), Failure::upstream_head_too_large},
  };
  for (const auto& [input, failure] : rows) {
    INFO(input);
    Parsed parsed;
    parse(input, Method::get, parsed, limits);
    REQUIRE(describe(parsed.result.failure).token == describe(failure).token);
  }
}
