#include "proxy/forwarding/upgrade.h"

#include <algorithm>

#include "http/field_list.h"

namespace outrigger::proxy {

std::string_view wanted_upgrade(const RequestHead& request) {
  const Headers& headers = request.headers;
  if (!headers.has(FieldId::upgrade) || request.version != Version::http11 || request.framing != Framing::none)
    return {};
  const auto names_it = [](const Field& field) {
    return field.id == FieldId::connection && http::list_has(field.value, "upgrade");
  };
  if (headers.count(FieldId::upgrade) > 1 || std::ranges::none_of(headers, names_it)) return {};
  const std::string_view wanted = *headers.get(FieldId::upgrade);
  return http::list_has(wanted, "h2c") ? std::string_view{} : wanted;
}

bool asks_for_web_socket(const RequestHead& request) {
  return request.headers.has(FieldId::upgrade) && equals_ignoring_case(wanted_upgrade(request), "websocket");
}

bool accepts_upgrade(std::string_view wanted, const ResponseHead& head) {
  const auto switched = head.headers.get(FieldId::upgrade);
  return !wanted.empty() && switched && !switched->empty() && http::list_has(wanted, *switched);
}

}  // namespace outrigger::proxy
