#include "proxy/forwarding/forward.h"

#include <span>

#include "http/field_list.h"
#include "http/h1/head_writer.h"
#include "http/hop_by_hop.h"
#include "proxy/forwarding/forwarded.h"
#include "proxy/forwarding/http_date.h"
#include "proxy/forwarding/upgrade.h"

namespace outrigger::proxy {

namespace {

using http::h1::HeadWriter;

constexpr std::size_t kAdded = 1024;  // room for the fields we add, their own values aside

// Writes the fields from `from` on that are not in `skip`; neighbours that were received together leave together.
void write_runs(HeadWriter& out, const Headers& headers, std::size_t from, FieldMask skip) {
  std::string_view run;
  for (const Field& field : std::span(headers.begin() + from, headers.end())) {
    if ((skip & field_bit(field.id)) != 0) continue;
    if (field.line.empty()) {
      out.append(run);
      run = {};
      out.field(field.name, field.value);
    } else if (run.data() + run.size() == field.line.data()) {
      run = {run.data(), run.size() + field.line.size()};
    } else {
      out.append(run);
      run = field.line;
    }
  }
  out.append(run);
}

void write_fields(HeadWriter& out, const Headers& headers, FieldMask skip) { write_runs(out, headers, 0, skip); }

// Nothing of the head that begins at `first_line` changes, it only gets longer: one copy.
void write_as_received(HeadWriter& out, const Headers& headers, const char* first_line) {
  const std::string_view fields = headers.received();
  out.append({first_line, fields.data() + fields.size()});
  if (headers.received_count() != headers.size()) write_runs(out, headers, headers.received_count(), 0);
}

std::size_t size_of(const Headers& headers) {
  std::size_t size = headers.received().size();
  for (const Field& field : std::span(headers.begin() + headers.received_count(), headers.end())) {
    size += field.line.empty() ? field.name.size() + field.value.size() + 4 : field.line.size();
  }
  return size;
}

// A buffer that surely holds the head.
struct HeadBuffer {
  HeadBuffer(Arena& arena, std::size_t size) : begin(arena.array<char>(size)), writer(begin, begin + size) {}
  std::string_view text() const { return {begin, writer.size()}; }
  char* begin;
  HeadWriter writer;
};

bool counts_forwards(const RequestHead& request) {
  return request.headers.has(FieldId::max_forwards) &&
         (request.method == Method::trace || request.method == Method::options);
}

// The one Max-Forwards of a request that counts them.
std::optional<std::uint64_t> forwards_left(const RequestHead& request) {
  const std::string_view text = request.headers.get(FieldId::max_forwards).value_or("");
  if (text.empty() || text.size() > 18 || request.headers.count(FieldId::max_forwards) > 1) return std::nullopt;
  std::uint64_t left = 0;
  for (const char c : text) {
    if (c < '0' || c > '9') return std::nullopt;
    left = left * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return left;
}

// What is written anew, or does not concern the service.
FieldMask left_out(const ActiveExchange& exchange) {
  const RequestHead& request = exchange.request();
  // Proxy is no field of HTTP, but CGI makes HTTP_PROXY of it, which libraries obey (CVE-2016-5385, "httpoxy").
  FieldMask skip =
      http::kHopByHop | kAppendedTo | field_mask(FieldId::proxy, FieldId::proxy_authorization, FieldId::via);
  if (counts_forwards(request)) skip |= field_bit(FieldId::max_forwards);
  if (request.framing == Framing::chunked) skip |= field_bit(FieldId::content_length);
  // RFC 9110 section 10.1.1: without content, or from HTTP/1.0, nobody waits for 100.
  if (!exchange.awaits_continue() && request.headers.has(FieldId::expect) &&
      equals_ignoring_case(*request.headers.get(FieldId::expect), "100-continue")) {
    skip |= field_bit(FieldId::expect);
  }
  return skip;
}

constexpr FieldMask kRewritten = field_mask(FieldId::te, FieldId::max_forwards, FieldId::upgrade);

bool accepts_trailers(const RequestHead& request) {
  for (const Field& field : request.headers) {
    if (field.id == FieldId::te && http::list_has(field.value, "trailers")) return true;
  }
  return false;
}

std::string_view own_host(const ActiveExchange& exchange) {
  if (!exchange.request().authority.empty()) return exchange.request().authority;
  return exchange.endpoint().contains('/') ? "localhost" : exchange.endpoint();  // a Unix socket has no name
}

void write_via(ActiveExchange& exchange, HeadWriter& out) {
  const RequestHead& request = exchange.request();
  const auto before = joined(request.headers, FieldId::via, exchange.arena());
  if (before.empty() && request.version == Version::http11) return out.literal("Via: 1.1 outrigger\r\n");
  out.literal("Via: ");
  if (!before.empty()) {
    out.append(before);
    out.literal(", ");
  }
  if (request.version == Version::http10) {
    out.literal("1.0 outrigger\r\n");
  } else if (request.version == Version::http2) {
    out.literal("2 outrigger\r\n");
  } else {
    out.literal("1.1 outrigger\r\n");
  }
}

// The request line and the fields that stay.
void write_what_stays(HeadWriter& out, const RequestHead& request, FieldMask skip) {
  constexpr std::string_view kBehindTarget = " HTTP/1.1\r\n";
  const std::string_view fields = request.headers.received();
  if (!fields.empty() && !request.headers.has_any(skip) && request.version == Version::http11) {
    const char* const target = fields.data() - kBehindTarget.size() - request.target.size();
    const char* const method = target - 1 - request.method_token.size();
    if (request.target.data() == target && request.method_token.data() == method) {
      return write_as_received(out, request.headers, method);
    }
  }
  out.append(request.method_token);
  out.literal(" ");
  out.append(request.target);
  out.literal(" HTTP/1.1\r\n");
  write_fields(out, request.headers, skip);
}

void write_upgrade(HeadWriter& out, std::string_view protocol) {
  if (protocol.empty()) return;
  out.literal("Connection: Upgrade\r\n");
  out.field("Upgrade", protocol);
}

void write_forwards_left(const RequestHead& request, HeadWriter& out) {
  if (!counts_forwards(request)) return;
  out.literal("Max-Forwards: ");
  out.append_number(forwards_left(request).value_or(1) - 1);
  out.literal("\r\n");
}

void write_rare(ActiveExchange& exchange, HeadWriter& out) {
  const RequestHead& request = exchange.request();
  if (request.framing == Framing::chunked) out.literal("Transfer-Encoding: chunked\r\n");
  if (request.headers.has(FieldId::te) && accepts_trailers(request)) out.literal("TE: trailers\r\nConnection: TE\r\n");
  write_upgrade(out, wanted_upgrade(request));
  write_forwards_left(request, out);
}

}  // namespace

FieldMask left_out_of_request(const ActiveExchange& exchange) { return left_out(exchange); }

std::string_view host_for(const ActiveExchange& exchange) {
  const auto host = exchange.request().headers.get(FieldId::host);
  return host ? *host : own_host(exchange);
}

bool accepts_trailers(const ActiveExchange& exchange) {
  return exchange.request().headers.has(FieldId::te) && accepts_trailers(exchange.request());
}

std::string_view write_added_fields(ActiveExchange& exchange) {
  const RequestHead& request = exchange.request();
  HeadBuffer buffer(exchange.arena(), size_of(request.headers) + exchange.original_authority().size() + kAdded);
  write_forwards_left(request, buffer.writer);
  write_via(exchange, buffer.writer);
  write_forwarded(exchange, buffer.writer);
  return buffer.text();
}

std::string_view write_request_head(ActiveExchange& exchange) {
  const RequestHead& request = exchange.request();
  const std::size_t bound = request.method_token.size() + request.target.size() + size_of(request.headers) +
                            request.authority.size() + exchange.original_authority().size() +
                            exchange.endpoint().size() + kAdded;
  HeadBuffer buffer(exchange.arena(), bound);
  HeadWriter& out = buffer.writer;
  write_what_stays(out, request, left_out(exchange));
  if (!request.headers.has(FieldId::host)) out.field("Host", own_host(exchange));
  if (request.framing == Framing::chunked || request.headers.has_any(kRewritten)) write_rare(exchange, out);
  write_via(exchange, out);
  write_forwarded(exchange, out);
  out.literal("\r\n");
  return buffer.text();
}

namespace {

void write_status(HeadWriter& out, std::uint16_t status) {
  const char digits[] = {static_cast<char>('0' + status / 100), static_cast<char>('0' + status / 10 % 10),
                         static_cast<char>('0' + status % 10), ' ', 0};
  out.literal(digits);
}

void write_status_line(HeadWriter& out, Version client, const ResponseHead& head) {
  if (client == Version::http10) {
    out.literal("HTTP/1.0 ");
  } else {
    out.literal("HTTP/1.1 ");
  }
  write_status(out, head.status);
  out.append(head.reason);
  out.literal("\r\n");
}

// The status line and the fields that stay.
void write_what_stays(HeadWriter& out, Version client, const ResponseHead& head, FieldMask skip) {
  constexpr std::string_view kBeforeReason = "HTTP/1.1 200 ";
  const std::string_view fields = head.headers.received();
  const bool follows = !fields.empty() && head.reason.data() + head.reason.size() + 2 == fields.data();
  if (follows && !head.headers.has_any(skip) && client == Version::http11 && head.version == Version::http11) {
    const char* const line = head.reason.data() - kBeforeReason.size();
    const int received = (line[9] - '0') * 100 + (line[10] - '0') * 10 + (line[11] - '0');
    if (received == head.status) return write_as_received(out, head.headers, line);
  }
  write_status_line(out, client, head);
  write_fields(out, head.headers, skip);
}

}  // namespace

std::string_view proxy_status(const Response& response, Arena& arena) {
  if (response.has_proxy_status()) return {};
  const Failure failure = response.failure();
  if (failure == Failure::none) return response.is_local() ? "outrigger" : "";
  return arena.concat("outrigger; error=", describe(failure).proxy_status, "; details=\"", describe(failure).token,
                      "\"");
}

FieldMask left_out(const ResponseHead& head, bool needs_framing) {
  const bool has_no_length = needs_framing || head.status < 200 || head.status == 204;
  return http::kHopByHop | (has_no_length ? field_bit(FieldId::content_length) : 0);
}

bool needs_framing(const ActiveExchange& exchange, const Response& response) {
  const Framing framing = response.head().framing;
  return response.has_body() && framing != Framing::none && framing != Framing::length &&
         exchange.request().method != Method::head;
}

ResponseWire write_response_head(ActiveExchange& exchange, const Response& response, bool may_keep) {
  const RequestHead& request = exchange.request();
  const ResponseHead& head = response.head();
  const bool is_framed = needs_framing(exchange, response);
  ResponseWire wire;
  const bool switches = head.status == 101;
  wire.chunked = is_framed && request.version == Version::http11 && !switches;
  wire.until_close = is_framed && !wire.chunked;
  wire.keep_alive = may_keep && request.keep_alive && !wire.until_close;
  HeadBuffer buffer(exchange.arena(), size_of(head.headers) + head.reason.size() + kAdded);
  HeadWriter& out = buffer.writer;
  write_what_stays(out, request.version, head, left_out(head, is_framed));
  if (!head.headers.has(FieldId::date)) out.field("Date", http_date(exchange.wall_now()));
  if (wire.chunked) out.literal("Transfer-Encoding: chunked\r\n");
  if (const auto status = proxy_status(response, exchange.arena()); !status.empty()) out.field("Proxy-Status", status);
  if (switches) {
    write_upgrade(out, head.headers.get(FieldId::upgrade).value_or(""));
  } else if (!wire.keep_alive) {
    out.literal("Connection: close\r\n");
  } else if (request.version == Version::http10) {
    out.literal("Connection: keep-alive\r\n");
  }
  out.literal("\r\n");
  wire.head = buffer.text();
  return wire;
}

std::string_view write_interim_head(ActiveExchange& exchange, const ResponseHead& head) {
  HeadBuffer buffer(exchange.arena(), size_of(head.headers) + head.reason.size() + kAdded);
  write_status_line(buffer.writer, Version::http11, head);
  write_fields(buffer.writer, head.headers, left_out(head, false));
  buffer.writer.literal("\r\n");
  return buffer.text();
}

namespace {

// RFC 9110 section 9.3.8: what is likely to be secret is not shown, nor what filters wrote for the service.
constexpr FieldMask kSecret = field_mask(FieldId::authorization, FieldId::cookie, FieldId::proxy_authorization);

std::string_view as_received(const ActiveExchange& exchange, Arena& arena) {
  const RequestHead& request = exchange.request();
  HeadBuffer buffer(arena, request.method_token.size() + request.target.size() + size_of(request.headers) + kAdded);
  buffer.writer.append(request.method_token);
  buffer.writer.literal(" ");
  buffer.writer.append(request.target);
  buffer.writer.literal(" HTTP/1.1\r\n");
  for (const Field& field : request.headers) {
    if ((field_bit(field.id) & kSecret) == 0) buffer.writer.append(field.line);
  }
  buffer.writer.literal("\r\n");
  return buffer.text();
}

}  // namespace

std::optional<Response> answer_as_last(ActiveExchange& exchange) {
  if (!counts_forwards(exchange.request())) return std::nullopt;
  const auto left = forwards_left(exchange.request());
  if (!left) return exchange.fail(Failure::bad_header, "Max-Forwards is no number");
  if (*left > 0) return std::nullopt;
  if (exchange.request().method == Method::trace) {
    return exchange.respond(200, as_received(exchange, exchange.arena()), "message/http");
  }
  Response options = exchange.respond(200, "", "");
  options.headers().add("Allow", kMethodsOffered);
  return options;
}

}  // namespace outrigger::proxy
