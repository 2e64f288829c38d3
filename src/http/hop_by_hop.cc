#include "http/hop_by_hop.h"

#include <algorithm>

#include "http/field_list.h"

namespace outrigger::http {

namespace {

constexpr FieldMask kNeverNamed =
    kHopByHop | field_mask(FieldId::host, FieldId::content_length, FieldId::trailer, FieldId::expect, FieldId::via,
                           FieldId::date, FieldId::location, FieldId::content_type, FieldId::authorization,
                           FieldId::cookie, FieldId::set_cookie, FieldId::origin, FieldId::forwarded,
                           FieldId::x_forwarded_for, FieldId::x_forwarded_proto, FieldId::x_forwarded_host,
                           FieldId::x_forwarded_port, FieldId::x_forwarded_client_cert, FieldId::x_real_ip,
                           FieldId::x_request_id, FieldId::max_forwards, FieldId::cache_control, FieldId::vary,
                           FieldId::age, FieldId::expires);

bool is_plain(std::string_view value) {
  return equals_ignoring_case(value, "keep-alive") || equals_ignoring_case(value, "close");
}

}  // namespace

void drop_what_connection_names(Headers& headers) {
  const auto is_connection = [](const Field& field) { return field.id == FieldId::connection; };
  if (std::ranges::all_of(headers, [&](const Field& field) { return !is_connection(field) || is_plain(field.value); }))
    return;
  // Connection itself stays, so its options can be read while the others move up.
  headers.remove_if([&](const Field& field) {
    if ((kNeverNamed & field_bit(field.id)) != 0) return false;
    return std::ranges::any_of(headers, [&](const Field& connection) {
      return is_connection(connection) && list_has(connection.value, field.name);
    });
  });
}

}  // namespace outrigger::http
