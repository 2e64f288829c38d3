#include "http/h1/trailers.h"

#include <algorithm>

namespace outrigger::http::h1 {

namespace {

constexpr FieldMask kRefused = field_mask(
    FieldId::host, FieldId::connection, FieldId::content_length, FieldId::transfer_encoding, FieldId::keep_alive,
    FieldId::proxy_connection, FieldId::te, FieldId::trailer, FieldId::upgrade, FieldId::expect,
    FieldId::http2_settings, FieldId::proxy_authorization, FieldId::proxy_authenticate, FieldId::via, FieldId::date,
    FieldId::location, FieldId::content_type, FieldId::authorization, FieldId::cookie, FieldId::set_cookie,
    FieldId::forwarded, FieldId::x_forwarded_for, FieldId::x_forwarded_proto, FieldId::x_forwarded_host,
    FieldId::x_forwarded_port, FieldId::x_forwarded_client_cert, FieldId::x_real_ip, FieldId::x_request_id,
    FieldId::idempotency_key, FieldId::retry_after, FieldId::origin, FieldId::max_forwards, FieldId::age,
    FieldId::cache_control, FieldId::expires, FieldId::pragma, FieldId::if_match, FieldId::if_none_match,
    FieldId::if_range, FieldId::if_modified_since, FieldId::if_unmodified_since, FieldId::range, FieldId::vary);

constexpr std::string_view kRefusedNames[] = {
    "Content-Encoding",
    "Content-Range",
    "WWW-Authenticate",
    "Warning",
};

}  // namespace

bool is_allowed_in_trailers(const Field& field) {
  if (field.id != FieldId::other) return (kRefused & field_bit(field.id)) == 0;
  constexpr std::string_view kClaim = "X-Forwarded-";
  if (equals_ignoring_case(field.name.substr(0, kClaim.size()), kClaim)) return false;
  return std::ranges::none_of(kRefusedNames, [&](auto name) { return equals_ignoring_case(name, field.name); });
}

}  // namespace outrigger::http::h1
