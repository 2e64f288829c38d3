#include "proxy/forwarding/forward_h2.h"

#include <algorithm>

#include "outrigger/grpc.h"
#include "proxy/forwarding/forward.h"
#include "proxy/forwarding/http_date.h"
#include "proxy/memory_body.h"

namespace outrigger::proxy {

namespace {

using http::h2::OutField;

constexpr std::size_t kAdded = 3;  // :status, Date, Proxy-Status
constexpr std::size_t kAddedToRequest =
    13;  // pseudo-headers, TE, grpc-timeout, and what write_added_fields() may write

// A list that is made in the arena.
class FieldList {
 public:
  FieldList(Arena& arena, std::size_t most) : begin_(arena.array<OutField>(most)), end_(begin_) {}
  void add(std::string_view name, std::string_view value) { new (end_++) OutField{name, value}; }
  void add(const Headers& headers, FieldMask skip) {
    for (const Field& field : headers) {
      if ((skip & field_bit(field.id)) == 0) add(field.name, field.value);
    }
  }
  // "Name: value" in each line.
  void add_lines(std::string_view lines) {
    while (!lines.empty()) {
      const std::string_view line = lines.substr(0, lines.find("\r\n"));
      lines.remove_prefix(line.size() + 2);
      const std::size_t colon = line.find(": ");
      add(line.substr(0, colon), line.substr(colon + 2));
    }
  }
  void drop(std::string_view name) {
    end_ = std::remove_if(begin_, end_, [&](const OutField& field) { return equals_ignoring_case(field.name, name); });
  }
  std::span<const OutField> all() const { return {begin_, end_}; }

 private:
  OutField* begin_;
  OutField* end_;
};

}  // namespace

std::span<const OutField> request_fields(ActiveExchange& exchange, bool is_tls, bool opens_web_socket) {
  const RequestHead& request = exchange.request();
  FieldList fields(exchange.arena(), request.headers.size() + kAddedToRequest);
  fields.add(":method", opens_web_socket ? "CONNECT" : request.method_token);
  if (opens_web_socket) fields.add(":protocol", "websocket");
  fields.add(":scheme", is_tls ? "https" : "http");
  fields.add(":authority", host_for(exchange));
  fields.add(":path", request.target);
  const auto call_time = exchange.call_time_left();
  fields.add(request.headers, left_out_of_request(exchange) | field_bit(FieldId::host) |
                                  (call_time ? field_bit(FieldId::grpc_timeout) : 0));
  if (opens_web_socket) fields.drop("sec-websocket-key");
  if (call_time) fields.add("grpc-timeout", grpc::format_timeout(exchange.arena(), *call_time));
  if (accepts_trailers(exchange)) fields.add("te", "trailers");
  fields.add_lines(write_added_fields(exchange));
  return fields.all();
}

std::span<const OutField> response_fields(ActiveExchange& exchange, const Response& response) {
  Arena& arena = exchange.arena();
  const ResponseHead& head = response.head();
  FieldList fields(arena, head.headers.size() + kAdded);
  fields.add(":status", decimal(arena, head.status));
  fields.add(head.headers, left_out(head, needs_framing(exchange, response)));
  if (!head.headers.has(FieldId::date)) fields.add("date", http_date(exchange.wall_now()));
  if (const auto status = proxy_status(response, arena); !status.empty()) fields.add("proxy-status", status);
  return fields.all();
}

std::span<const OutField> interim_fields(ActiveExchange& exchange, const ResponseHead& head) {
  FieldList fields(exchange.arena(), head.headers.size() + kAdded);
  fields.add(":status", decimal(exchange.arena(), head.status));
  fields.add(head.headers, left_out(head, false));
  return fields.all();
}

}  // namespace outrigger::proxy
