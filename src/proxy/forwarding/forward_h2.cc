#include "proxy/forwarding/forward_h2.h"

#include "proxy/forwarding/forward.h"
#include "proxy/forwarding/http_date.h"
#include "proxy/memory_body.h"

namespace outrigger::proxy {

namespace {

using http::h2::OutField;

constexpr std::size_t kAdded = 3;  // :status, Date, Proxy-Status

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
  std::span<const OutField> all() const { return {begin_, end_}; }

 private:
  OutField* begin_;
  OutField* end_;
};

}  // namespace

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
