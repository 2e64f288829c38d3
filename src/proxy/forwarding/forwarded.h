#pragma once

#include <string_view>

#include "http/h1/head_writer.h"
#include "proxy/active_exchange.h"

// What the service is told about the client: X-Forwarded-* and Forwarded (RFC 7239).
namespace outrigger::proxy {

// What is written again, with the peer behind what stood there.
inline constexpr FieldMask kAppendedTo = field_mask(FieldId::forwarded, FieldId::x_forwarded_for);

// Writes X-Forwarded-For with the peer last (none for a Unix peer), X-Forwarded-Proto and X-Forwarded-Host unless a
// trusted proxy or a filter said them, and Forwarded if one did.
void write_forwarded(ActiveExchange& exchange, http::h1::HeadWriter& out);

// The values of all fields with this id as one list.
std::string_view joined(const Headers& headers, FieldId id, Arena& arena);

}  // namespace outrigger::proxy
