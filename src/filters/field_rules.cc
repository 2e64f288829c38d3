#include "filters/field_rules.h"

#include <algorithm>

#include "outrigger/grammar.h"

namespace outrigger::filters {
namespace {

char folded(char c) { return c == '_' ? '-' : c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }

}  // namespace

std::string check_field(const std::string& name) {
  if (!is_token(name)) return "\"" + name + "\" is not the name of a header field";
  switch (field_id(name)) {
    case FieldId::content_length:
    case FieldId::transfer_encoding:
    case FieldId::trailer:
      return name + " is written by the proxy: it says where the message ends";
    case FieldId::connection:
    case FieldId::keep_alive:
    case FieldId::proxy_connection:
    case FieldId::te:
    case FieldId::upgrade:
    case FieldId::http2_settings:
      return name + " is written by the proxy: it is about one connection";
    default:
      return "";
  }
}

std::string check_request_field(const std::string& name) {
  switch (field_id(name)) {
    case FieldId::host:
      return name + " is changed by the filter rewrite: `rewrite: {host: NAME}`";
    case FieldId::expect:
      return name + " is handled by the proxy";
    default:
      return check_field(name);
  }
}

void remove_vouched(Headers& headers, std::string_view name) {
  headers.remove_if([name](const Field& field) { return std::ranges::equal(field.name, name, {}, folded, folded); });
}

}  // namespace outrigger::filters
