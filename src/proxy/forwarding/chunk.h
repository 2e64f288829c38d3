#pragma once

#include <string_view>

#include "outrigger/headers.h"

// Chunked framing as we write it. RFC 9112 section 7.1.
namespace outrigger::proxy {

inline constexpr std::string_view kChunkEnd = "\r\n";

// "1f4\r\n" in `buffer`, which the result refers to.
inline std::string_view chunk_head(char (&buffer)[24], std::size_t size) {
  char* end = buffer + sizeof buffer;
  char* at = end;
  *--at = '\n';
  *--at = '\r';
  do {
    *--at = "0123456789abcdef"[size & 15];
    size >>= 4;
  } while (size != 0);
  return {at, static_cast<std::size_t>(end - at)};
}

// The last chunk with its trailers.
inline std::string_view last_chunk(Arena& arena, const Headers* trailers) {
  if (trailers == nullptr || trailers->empty()) return "0\r\n\r\n";
  std::string_view text = "0\r\n";
  for (const Field& field : *trailers) text = arena.concat(text, field.name, ": ", field.value, "\r\n");
  return arena.concat(text, "\r\n");
}

}  // namespace outrigger::proxy
