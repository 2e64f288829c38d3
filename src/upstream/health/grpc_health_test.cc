#include "upstream/health/grpc_health.h"

#include <catch2/catch.hpp>

using namespace outrigger;
using namespace outrigger::upstream;
using namespace std::string_literals;

TEST_CASE("health: a question to gRPC's health service", "[upstream][grpc]") {
  CHECK(grpc_health_request("") == "\0\0\0\0\0"s);
  CHECK(grpc_health_request("shop") == "\0\0\0\0\6\x0a\4shop"s);
  const std::string many(200, 'x');
  CHECK(grpc_health_request(many) == "\0\0\0\0\xcb\x0a\xc8\1"s + many);
}

TEST_CASE("health: what gRPC's health service says", "[upstream][grpc]") {
  struct Row {
    std::string content;
    std::string problem;
  };
  const Row rows[] = {
      {"\0\0\0\0\2\x08\1"s, ""},
      {"\0\0\0\0\5\x12\1x\x08\1"s, ""},  // a field of a later version
      {"\0\0\0\0\2\x08\2"s, "the service says NOT_SERVING"},
      {"\0\0\0\0\0"s, "the service says UNKNOWN"},
      {"\0\0\0\0\2\x08\7"s, "the service says what nobody knows"},
      {"", "the answer is no HealthCheckResponse"},
      {"\0\0\0\0\3\x08\1"s, "the answer is no HealthCheckResponse"},
      {"\0\0\0\0\1\x08"s, "the answer is no HealthCheckResponse"},
      {"\0\0\0\0\3\x12\5x"s, "the answer is no HealthCheckResponse"},
      {"\1\0\0\0\2\x08\1"s, "the answer is no HealthCheckResponse"},
  };
  Arena arena;
  ResponseHead head(arena);
  head.status = 200;
  Headers trailers(arena);
  CHECK(grpc_health_problem(head, rows[0].content, trailers) == "the answer has no grpc-status");
  trailers.add("grpc-status", "0");
  for (const Row& row : rows) {
    CAPTURE(row.content);
    CHECK(grpc_health_problem(head, row.content, trailers) == row.problem);
  }
  trailers.set("grpc-status", "12");
  CHECK(grpc_health_problem(head, rows[0].content, trailers) == "grpc-status unimplemented");
  head.status = 503;
  CHECK(grpc_health_problem(head, {}, trailers) == "status 503");
}
