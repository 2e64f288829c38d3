#include "filters/field_rules.h"

#include "outrigger/grammar.h"
#include "outrigger/headers.h"

namespace outrigger::filters {

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

}  // namespace outrigger::filters
