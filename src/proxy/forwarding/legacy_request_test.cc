#include "proxy/forwarding/legacy_request.h"

#include <catch2/catch.hpp>

namespace outrigger::proxy {

namespace {

constexpr const char* kHead =
    "POST /a HTTP/1.1\r\nhOST: a.example\r\nX-MIXED-case: v: w\r\nTransfer-Encoding: chunked\r\n\r\n";

std::string written(const config::Legacy& legacy, const char* head = kHead) {
  Arena arena;
  return std::string(for_old_service(head, legacy, arena));
}

}  // namespace

TEST_CASE("legacy: a request is written as the service needs it", "[proxy][legacy]") {
  config::Legacy legacy;
  REQUIRE(written(legacy) == kHead);
  legacy.field_names = config::FieldNames::lower;
  REQUIRE(written(legacy) ==
          "POST /a HTTP/1.1\r\nhost: a.example\r\nx-mixed-case: v: w\r\ntransfer-encoding: chunked\r\n\r\n");
  legacy.field_names = config::FieldNames::title;
  legacy.host = "app.internal";
  legacy.keep_alive = false;
  REQUIRE(written(legacy) ==
          "POST /a HTTP/1.1\r\nHost: app.internal\r\nX-Mixed-Case: v: w\r\nTransfer-Encoding: chunked\r\n"
          "Connection: close\r\n\r\n");
  legacy = {};
  legacy.version = config::LegacyVersion::http10;
  REQUIRE(written(legacy) == "POST /a HTTP/1.0\r\nhOST: a.example\r\nX-MIXED-case: v: w\r\n\r\n");
  REQUIRE(
      written(legacy, "GET / HTTP/1.1\r\nTE: trailers\r\nConnection: TE\r\nExpect: 100-continue\r\nVia: x\r\n\r\n") ==
      "GET / HTTP/1.0\r\nVia: x\r\n\r\n");
}

TEST_CASE("legacy: a connection that ends with its answer can still become a tunnel", "[proxy][legacy]") {
  config::Legacy legacy;
  legacy.keep_alive = false;
  const char* const ask = "GET / HTTP/1.1\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
  REQUIRE(written(legacy, ask) == ask);
}

}  // namespace outrigger::proxy
