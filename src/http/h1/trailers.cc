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
    FieldId::idempotency_key, FieldId::retry_after, FieldId::origin, FieldId::max_forwards);

constexpr std::string_view kRefusedNames[] = {
    "Age",
    "Cache-Control",
    "Content-Encoding",
    "Content-Range",
    "Expires",
    "Pragma",
    "If-Match",
    "If-None-Match",
    "If-Range",
    "If-Modified-Since",
    "Range",
    "If-Unmodified-Since",
    "WWW-Authenticate",
    "Vary",
    "Warning",
};

}  // namespace

bool is_allowed_in_trailers(const Field& field) {
  if (field.id != FieldId::other) return (kRefused & field_bit(field.id)) == 0;
  return std::ranges::none_of(kRefusedNames, [&](auto name) { return equals_ignoring_case(name, field.name); });
}

}  // namespace outrigger::http::h1
