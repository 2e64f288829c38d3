#include "proxy/forward.h"

#include "http/h1/head_writer.h"
#include "proxy/memory_body.h"

namespace outrigger::proxy {

namespace {

using http::h1::HeadWriter;

using FieldMask = std::uint64_t;
constexpr FieldMask bit(FieldId id) { return FieldMask{1} << static_cast<unsigned>(id); }

// RFC 9110 section 7.6.1: fields about one connection. Transfer-Encoding is written anew by us.
constexpr FieldMask kHopByHop = bit(FieldId::connection) | bit(FieldId::keep_alive) | bit(FieldId::proxy_connection) |
                                bit(FieldId::te) | bit(FieldId::transfer_encoding) | bit(FieldId::upgrade) |
                                bit(FieldId::http2_settings);
constexpr FieldMask kRequestOnly = bit(FieldId::proxy_authorization) | bit(FieldId::via);
// Naming these in Connection would change what the message means for the next party: they stay.
constexpr FieldMask kNeverNamed = bit(FieldId::host) | bit(FieldId::content_length) | bit(FieldId::expect) |
                                  bit(FieldId::authorization) | bit(FieldId::cookie);

bool next_token(std::string_view& list, std::string_view& token) {
  while (!list.empty()) {
    const auto comma = list.find(',');
    token = list.substr(0, comma);
    list = comma == std::string_view::npos ? std::string_view{} : list.substr(comma + 1);
    while (token.starts_with(' ') || token.starts_with('\t')) token.remove_prefix(1);
    while (token.ends_with(' ') || token.ends_with('\t')) token.remove_suffix(1);
    if (!token.empty()) return true;
  }
  return false;
}

bool is_named_by_connection(const Headers& headers, const Field& field) {
  if ((kNeverNamed & bit(field.id)) != 0 && field.id != FieldId::other) return false;
  for (const Field& connection : headers) {
    if (connection.id != FieldId::connection) continue;
    std::string_view list = connection.value;
    for (std::string_view token; next_token(list, token);) {
      if (equals_ignoring_case(token, field.name)) return true;
    }
  }
  return false;
}

// Does Connection name anything but the two usual options?
bool names_fields(const Headers& headers) {
  if (!headers.has(FieldId::connection)) return false;
  for (const Field& field : headers) {
    if (field.id != FieldId::connection) continue;
    if (!equals_ignoring_case(field.value, "close") && !equals_ignoring_case(field.value, "keep-alive")) return true;
  }
  return false;
}

// Writes every field that is not in `skip`; neighbours that were received together leave together.
void write_fields(HeadWriter& out, const Headers& headers, FieldMask skip) {
  const bool check_names = names_fields(headers);
  std::string_view run;
  for (const Field& field : headers) {
    if (field.id != FieldId::other && (skip & bit(field.id)) != 0) continue;
    // Fields that we set are not the client's to name.
    if (check_names && !field.line.empty() && is_named_by_connection(headers, field)) continue;
    if (field.line.empty()) {
      out.append(run);
      run = {};
      out.field(field.name, field.value);
    } else if (!run.empty() && run.data() + run.size() == field.line.data()) {
      run = {run.data(), run.size() + field.line.size()};
    } else {
      out.append(run);
      run = field.line;
    }
  }
  out.append(run);
}

std::size_t size_of(const Headers& headers) {
  std::size_t size = 0;
  for (const Field& field : headers) size += field.name.size() + field.value.size() + field.line.size() + 4;
  return size;
}

// A buffer that surely holds the head; what is left over goes back to the arena.
struct HeadBuffer {
  HeadBuffer(Arena& arena, std::size_t size) : begin(arena.array<char>(size)), writer(begin, begin + size) {}
  std::string_view text() const { return {begin, writer.size()}; }
  char* begin;
  HeadWriter writer;
};

std::string_view joined(const Headers& headers, FieldId id, Arena& arena) {
  std::string_view all;
  for (const Field& field : headers) {
    if (field.id == id) all = all.empty() ? field.value : arena.concat(all, ", ", field.value);
  }
  return all;
}

void write_forwarded(ActiveExchange& exchange, HeadWriter& out) {
  const Headers& headers = exchange.request().headers;
  const std::string_view chain = joined(headers, FieldId::x_forwarded_for, exchange.arena());
  out.append("X-Forwarded-For: ");
  if (!chain.empty()) {
    out.append(chain);
    out.append(", ");
  }
  out.append(exchange.peer_ip());
  out.append("\r\n");
  if (!headers.has(FieldId::x_forwarded_proto)) out.field("X-Forwarded-Proto", exchange.scheme());
  const std::string_view authority = exchange.original_authority();
  if (!headers.has(FieldId::x_forwarded_host) && !authority.empty()) {
    out.field("X-Forwarded-Host", authority);
  }
}

constexpr std::size_t kAdded = 512;  // room for the fields we add, their own values aside

}  // namespace

std::string_view write_request_head(ActiveExchange& exchange) {
  const RequestHead& request = exchange.request();
  const std::size_t bound = request.method_token.size() + request.target.size() + size_of(request.headers) * 2 +
                            request.authority.size() + exchange.original_authority().size() + kAdded;
  HeadBuffer buffer(exchange.arena(), bound);
  HeadWriter& out = buffer.writer;
  out.append(request.method_token);
  out.append(" ");
  out.append(request.target);
  out.append(" HTTP/1.1\r\n");
  write_fields(out, request.headers, kHopByHop | kRequestOnly | bit(FieldId::x_forwarded_for));
  if (!request.headers.has(FieldId::host)) out.field("Host", request.authority);
  if (request.framing == Framing::chunked) out.append("Transfer-Encoding: chunked\r\n");
  const std::string_view via = joined(request.headers, FieldId::via, exchange.arena());
  out.append("Via: ");
  if (!via.empty()) {
    out.append(via);
    out.append(", ");
  }
  out.append(request.version == Version::http10 ? "1.0 outrigger\r\n" : "1.1 outrigger\r\n");
  write_forwarded(exchange, out);
  out.append("\r\n");
  return buffer.text();
}

namespace {

void write_status_line(HeadWriter& out, Version client, const ResponseHead& head) {
  out.append(client == Version::http10 ? "HTTP/1.0 " : "HTTP/1.1 ");
  out.append_number(head.status);
  out.append(" ");
  out.append(head.reason);
  out.append("\r\n");
}

void write_proxy_status(HeadWriter& out, const Response& response) {
  if (!response.is_local()) return;
  out.append("Proxy-Status: outrigger");
  if (response.failure() != Failure::none) {
    out.append("; error=");
    out.append(describe(response.failure()).proxy_status);
    out.append("; details=\"");
    out.append(describe(response.failure()).token);
    out.append("\"");
  }
  out.append("\r\n");
}

}  // namespace

ResponseWire write_response_head(ActiveExchange& exchange, Response& response, bool may_keep) {
  const RequestHead& request = exchange.request();
  const ResponseHead& head = response.head();
  ResponseWire wire;
  const bool has_content =
      response.body() != nullptr && head.framing != Framing::none && request.method != Method::head;
  const bool needs_framing = has_content && head.framing != Framing::length;
  wire.chunked = needs_framing && request.version == Version::http11;
  wire.keep_alive = may_keep && request.keep_alive && !(needs_framing && !wire.chunked);
  HeadBuffer buffer(exchange.arena(), size_of(head.headers) + head.reason.size() + kAdded);
  HeadWriter& out = buffer.writer;
  write_status_line(out, request.version, head);
  write_fields(out, head.headers, kHopByHop);
  if (wire.chunked) out.append("Transfer-Encoding: chunked\r\n");
  write_proxy_status(out, response);
  if (!wire.keep_alive) {
    out.append("Connection: close\r\n");
  } else if (request.version == Version::http10) {
    out.append("Connection: keep-alive\r\n");
  }
  out.append("\r\n");
  wire.head = buffer.text();
  return wire;
}

std::string_view write_interim_head(ActiveExchange& exchange, const ResponseHead& head) {
  HeadBuffer buffer(exchange.arena(), size_of(head.headers) + head.reason.size() + kAdded);
  write_status_line(buffer.writer, Version::http11, head);
  write_fields(buffer.writer, head.headers, kHopByHop);
  buffer.writer.append("\r\n");
  return buffer.text();
}

}  // namespace outrigger::proxy
