#include "proxy/forwarding/web_socket.h"

#include <catch2/catch.hpp>
#include <vector>

namespace outrigger::proxy {

TEST_CASE("web socket: a handshake needs one key of 16 bytes", "[proxy][websocket]") {
  struct Row {
    std::vector<std::string_view> keys;
    std::string_view problem;
  };
  const Row rows[] = {
      {{"dGhlIHNhbXBsZSBub25jZQ=="}, ""},
      {{}, "Sec-WebSocket-Key is missing"},
      {{""}, "Sec-WebSocket-Key is malformed"},
      {{"dGhlIHNhbXBsZQ=="}, "Sec-WebSocket-Key is malformed"},
      {{"dGhlIHNhbXBsZSBub25jZQ==", "dGhlIHNhbXBsZSBub25jZQ=="}, "Sec-WebSocket-Key is malformed"},
  };
  for (const Row& row : rows) {
    Arena arena;
    RequestHead request(arena);
    for (const auto key : row.keys) request.headers.add("sec-websocket-key", key);
    CHECK(handshake_problem(request) == row.problem);
  }
}

TEST_CASE("web socket: the 101 proves the key and keeps what the service said", "[proxy][websocket]") {
  Arena arena;
  RequestHead request(arena);
  request.headers.add("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ==");
  ResponseHead agreed(arena);
  agreed.status = 200;
  agreed.headers.add("sec-websocket-protocol", "chat");
  agreed.headers.add("sec-websocket-accept", "made up");
  const ResponseHead& made = *switched_head(request, agreed);
  CHECK(made.status == 101);
  CHECK(made.headers.get("Sec-WebSocket-Accept") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
  CHECK(made.headers.get(FieldId::upgrade) == "websocket");
  CHECK(made.headers.get("Sec-WebSocket-Protocol") == "chat");
  CHECK(made.headers.size() == 3);
}

}  // namespace outrigger::proxy
