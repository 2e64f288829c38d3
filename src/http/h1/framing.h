#pragma once

#include <cstdint>
#include <string_view>

#include "outrigger/failure.h"
#include "outrigger/headers.h"
#include "outrigger/message.h"

// What the fields of a head say about the body behind it and the connection after it. RFC 9112 sections 6 and 9.3.
namespace outrigger::http::h1 {

// The largest length of a body or a chunk: what a signed 64-bit integer holds, so that no reader behind us wraps.
inline constexpr std::uint64_t kMaxLength = INT64_MAX;

struct FieldFraming {
  Framing framing = Framing::none;  // none, length or chunked; `Content-Length: 0` is none
  std::uint64_t length = 0;         // bytes
  bool has_length = false;          // there was a Content-Length, even 0
  Failure failure = Failure::none;  // bad_framing or unknown_transfer_coding
  std::string_view reason{};        // static text, when failed
};

// RFC 9112 section 6.3 steps 3 to 7, stricter: Content-Length beside Transfer-Encoding, and any repetition of either,
// or a tab beside its value is refused, because two ends of a chain that choose differently can be desynchronised. The
// only transfer coding is `chunked`; any other is unknown_transfer_coding.
FieldFraming framing_of(const Headers& headers, Version version);
inline constexpr FieldMask kFramingFields = field_mask(FieldId::content_length, FieldId::transfer_encoding);

// RFC 9112 section 9.3: does the sender offer to keep the connection after this message? `close` wins over
// `keep-alive`, which HTTP/1.0 must say.
bool keeps_alive_as_said(const Headers& headers, Version version);
inline bool keeps_alive(const Headers& headers, Version version) {
  return headers.has(FieldId::connection) ? keeps_alive_as_said(headers, version) : version != Version::http10;
}

}  // namespace outrigger::http::h1
