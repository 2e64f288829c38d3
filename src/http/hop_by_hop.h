#pragma once

#include "outrigger/headers.h"

// What is about one connection and ends with it. RFC 9110 section 7.6.1.
namespace outrigger::http {

// Never forwarded; Transfer-Encoding and TE are written anew by the sender of the next connection.
inline constexpr FieldMask kHopByHop =
    field_mask(FieldId::connection, FieldId::keep_alive, FieldId::proxy_connection, FieldId::te,
               FieldId::transfer_encoding, FieldId::upgrade, FieldId::http2_settings);

// Removes the fields that Connection names, so that nobody behind sees them: a client that names a field which a filter
// sets later must not take that one away. Names stay without effect where the field is for all recipients, which no
// sender may name: those that frame, route, authenticate, describe the content or say where a request came from.
// Cost: a compare or two when Connection says only `close` or `keep-alive`.
void drop_what_connection_names(Headers& headers);
inline void drop_named_by_connection(Headers& headers) {
  if (headers.has(FieldId::connection)) drop_what_connection_names(headers);
}

}  // namespace outrigger::http
