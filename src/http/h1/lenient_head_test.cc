#include "http/h1/lenient_head.h"

#include <catch2/catch.hpp>

namespace outrigger::http::h1 {

namespace {

using Status = HeadResult::Status;

}  // namespace

TEST_CASE("lenient head: lines may end with LF alone", "[http][h1][legacy]") {
  const char* const heads[] = {
      "HTTP/1.0 200 OK\nA: b\nContent-Length: 2\n\n",
      "HTTP/1.0 200 OK\r\nA: b\nContent-Length: 2\r\n\n",
      "HTTP/1.0 200 OK\nA: b\nContent-Length: 2\n\r\n",
      "HTTP/1.0 200 OK\r\nA: b\r\nContent-Length: 2\r\n\r\n",
  };
  for (const std::string text : heads) {
    INFO(text);
    Arena arena;
    ResponseHead head(arena);
    for (std::size_t i = 0; i < text.size(); ++i) {
      REQUIRE(parse_lenient_response_head(text.substr(0, i), {}, Method::get, head).status == Status::need_more);
    }
    const HeadResult result = parse_lenient_response_head(text + "hi", {}, Method::get, head);
    REQUIRE(result.status == Status::complete);
    REQUIRE(result.consumed == text.size());
    REQUIRE(head.status == 200);
    REQUIRE(head.content_length == 2);
    REQUIRE(head.headers.get("A") == "b");
    REQUIRE(head.headers.received().starts_with("A: b\r\nContent-Length: 2\r\n"));
  }
}

TEST_CASE("lenient head: nothing else is forgiven", "[http][h1][legacy]") {
  struct Case {
    std::string head;
    Failure failure;
  };
  const Case cases[] = {
      {"HTTP/1.0 200 OK\nA : b\n\n", Failure::upstream_bad_response},
      {"HTTP/1.0 200 OK\n b\n\n", Failure::upstream_bad_response},
      {"HTTP/1.0 200 OK\nA: b\rc\n\n", Failure::upstream_bad_response},
      {"HTTP/1.0 200 OK\nContent-Length: 1\nContent-Length: 2\n\n", Failure::upstream_bad_response},
      {"\n\n", Failure::upstream_bad_response},
      {std::string(40000, 'x'), Failure::upstream_head_too_large},
  };
  for (const Case& each : cases) {
    INFO(each.head.substr(0, 50));
    Arena arena;
    ResponseHead head(arena);
    const HeadResult result = parse_lenient_response_head(each.head, {}, Method::get, head);
    REQUIRE(result.status == Status::failed);
    REQUIRE(result.failure == each.failure);
    REQUIRE(result.consumed == 0);
  }
}

}  // namespace outrigger::http::h1
