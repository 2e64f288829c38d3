#include "proxy/forwarding/web_socket.h"

#include "base/base64.h"
#include "base/crypto/digest.h"

namespace outrigger::proxy {

namespace {

constexpr std::string_view kKey = "Sec-WebSocket-Key";
constexpr std::string_view kProof = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // RFC 6455 section 1.3
constexpr std::size_t kKeySize = 24;                                         // of 16 bytes in base64

std::string_view proof_of(Arena& arena, std::string_view key) {
  const auto digest = base::crypto::sha1(std::string(key).append(kProof));
  return arena.copy(base::encode_base64({reinterpret_cast<const char*>(digest.data()), digest.size()}));
}

}  // namespace

std::string_view handshake_problem(const RequestHead& request) {
  std::size_t keys = 0;
  bool is_good = true;
  for (const Field& field : request.headers) {
    if (!equals_ignoring_case(field.name, kKey)) continue;
    ++keys;
    is_good = is_good && field.value.size() == kKeySize;
  }
  if (keys == 0) return "Sec-WebSocket-Key is missing";
  return keys == 1 && is_good ? std::string_view{} : "Sec-WebSocket-Key is malformed";
}

ResponseHead* switched_head(const RequestHead& request, const ResponseHead& agreed) {
  Arena& arena = agreed.headers.arena();
  auto* head = arena.make<ResponseHead>(arena);
  head->status = 101;
  head->reason = reason_phrase(101);
  head->framing = Framing::until_close;
  for (const Field& field : agreed.headers) {
    if (!equals_ignoring_case(field.name, "Sec-WebSocket-Accept")) head->headers.push(field);
  }
  head->headers.add("Upgrade", "websocket");
  head->headers.add("Sec-WebSocket-Accept", proof_of(arena, request.headers.get(kKey).value_or("")));
  return head;
}

}  // namespace outrigger::proxy
