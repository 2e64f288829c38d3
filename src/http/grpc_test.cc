#include "outrigger/grpc.h"

#include <catch2/catch.hpp>

using namespace outrigger;
using namespace std::chrono_literals;

TEST_CASE("grpc: a call is known by its content type", "[http][grpc]") {
  const std::pair<const char*, bool> rows[] = {
      {"application/grpc", true},  {"application/grpc+proto", true}, {"application/grpc;charset=utf-8", true},
      {"Application/GRPC", true},  {"application/grpc-web", false},  {"application/grpc-web+proto", false},
      {"application/json", false}, {"application/grp", false},       {"", false},
  };
  for (const auto& [type, expected] : rows) {
    CAPTURE(type);
    Arena arena;
    RequestHead request(arena);
    request.headers.add("content-type", type);
    CHECK(grpc::is_call(request) == expected);
  }
}

TEST_CASE("grpc: a timeout is one to eight digits and a unit", "[http][grpc]") {
  const std::pair<const char*, std::optional<Duration>> rows[] = {
      {"1n", 1ns},
      {"20u", 20us},
      {"300m", 300ms},
      {"4S", 4s},
      {"5M", 5min},
      {"6H", 6h},
      {"99999999m", 99999999ms},
      {"", std::nullopt},
      {"S", std::nullopt},
      {"10", std::nullopt},
      {"1s", std::nullopt},
      {"123456789S", std::nullopt},
      {"-1S", std::nullopt},
      {"1.5S", std::nullopt},
      {" 1S", std::nullopt},
  };
  for (const auto& [text, expected] : rows) {
    CAPTURE(text);
    CHECK(grpc::parse_timeout(text) == expected);
  }
  CHECK(*grpc::parse_timeout("99999999H") > 24h * 365);
}

TEST_CASE("grpc: a timeout is written in the finest unit that has room", "[http][grpc]") {
  Arena arena;
  const std::pair<Duration, const char*> rows[] = {
      {0ns, "1n"}, {5ms, "5000000n"}, {250ms, "250000u"}, {90s, "90000000u"}, {100s, "100000m"}, {48h, "172800S"},
  };
  for (const auto& [timeout, expected] : rows) {
    CAPTURE(expected);
    CHECK(grpc::format_timeout(arena, timeout) == expected);
  }
}

TEST_CASE("grpc: statuses have names and numbers", "[http][grpc]") {
  CHECK(grpc::status_named("unavailable") == grpc::Status::unavailable);
  CHECK(static_cast<int>(grpc::Status::unavailable) == 14);
  CHECK(static_cast<int>(grpc::Status::unauthenticated) == 16);
  CHECK_FALSE(grpc::status_named("UNAVAILABLE"));
  Arena arena;
  Headers fields(arena);
  CHECK_FALSE(grpc::status_of(fields));
  fields.add("Grpc-Status", "14");
  CHECK(grpc::status_of(fields) == grpc::Status::unavailable);
  fields.set("grpc-status", "17");
  CHECK(grpc::status_of(fields) == grpc::Status::unknown);
  fields.set("grpc-status", "no");
  CHECK(grpc::status_of(fields) == grpc::Status::unknown);
}

TEST_CASE("grpc: statuses of HTTP stand for others", "[http][grpc]") {
  const std::pair<std::uint16_t, grpc::Status> rows[] = {
      {400, grpc::Status::internal},      {401, grpc::Status::unauthenticated}, {403, grpc::Status::permission_denied},
      {404, grpc::Status::unimplemented}, {429, grpc::Status::unavailable},     {502, grpc::Status::unavailable},
      {503, grpc::Status::unavailable},   {504, grpc::Status::unavailable},     {500, grpc::Status::unknown},
      {302, grpc::Status::unknown},
  };
  for (const auto& [http, expected] : rows) CHECK(grpc::status_for(http) == expected);
}

TEST_CASE("grpc: a message is printable", "[http][grpc]") {
  Arena arena;
  CHECK(grpc::encode_message(arena, "no slot: 100% \n\xc3\xa9") == "no slot: 100%25 %0A%C3%A9");
}
