#include "proxy/forwarding/forwarded.h"

namespace outrigger::proxy {

namespace {

using http::h1::HeadWriter;

void write_forwarded_for(ActiveExchange& exchange, std::string_view before, HeadWriter& out) {
  const std::string_view peer = exchange.peer_ip();
  if (before.empty() && peer == kUnixPeer) return;
  out.literal("X-Forwarded-For: ");
  out.append(before);
  if (peer != kUnixPeer) {
    if (!before.empty()) out.literal(", ");
    out.append(peer);
  }
  out.literal("\r\n");
}

// RFC 7239 section 6: an IPv6 address is in brackets and quotes, an unknown one has a name that begins with "_".
void write_forwarded_element(ActiveExchange& exchange, std::string_view before, HeadWriter& out) {
  const std::string_view peer = exchange.peer_ip();
  out.literal("Forwarded: ");
  out.append(before);
  out.literal(", for=");
  if (peer == kUnixPeer) {
    out.literal("_unix");
  } else if (peer.contains(':')) {
    out.literal("\"[");
    out.append(peer);
    out.literal("]\"");
  } else {
    out.append(peer);
  }
  out.literal(";proto=");
  out.append(exchange.scheme());
  out.literal("\r\n");
}

}  // namespace

std::string_view joined(const Headers& headers, FieldId id, Arena& arena) {
  if (!headers.has(id)) return {};
  std::size_t size = 0;
  for (const Field& field : headers) size += field.id == id ? field.value.size() + 2 : 0;
  char* const begin = arena.array<char>(size);
  HeadWriter out(begin, begin + size);
  for (const Field& field : headers) {
    if (field.id != id || field.value.empty()) continue;
    if (out.size() > 0) out.literal(", ");
    out.append(field.value);
  }
  return {begin, out.size()};
}

void write_forwarded(ActiveExchange& exchange, HeadWriter& out) {
  const Headers& headers = exchange.request().headers;
  write_forwarded_for(exchange, joined(headers, FieldId::x_forwarded_for, exchange.arena()), out);
  if (!headers.has(FieldId::x_forwarded_proto)) {
    out.literal("X-Forwarded-Proto: ");
    out.append(exchange.scheme());
    out.literal("\r\n");
  }
  const std::string_view authority = exchange.original_authority();
  if (!headers.has(FieldId::x_forwarded_host) && !authority.empty()) {
    out.literal("X-Forwarded-Host: ");
    out.append(authority);
    out.literal("\r\n");
  }
  if (!headers.has(FieldId::forwarded)) return;
  const std::string_view forwarded = joined(headers, FieldId::forwarded, exchange.arena());
  if (!forwarded.empty()) write_forwarded_element(exchange, forwarded, out);
}

}  // namespace outrigger::proxy
