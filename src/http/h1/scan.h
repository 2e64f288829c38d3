#pragma once

#include <cstddef>
#include <string_view>

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

// Finding the bytes that structure a head, sixteen at a time where the processor can.
namespace outrigger::http::h1 {

// RFC 5234 CTL without HTAB: what may stand in no line. CR and LF are among them.
constexpr bool is_control(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return (byte < 0x20 && c != '\t') || byte == 0x7f;
}

// The first control byte in [at, end), or `end`. Reads nothing outside the range.
inline const char* find_control(const char* at, const char* end) {
#if defined(__SSE2__)
  const __m128i highest = _mm_set1_epi8(0x1f);
  const __m128i tab = _mm_set1_epi8('\t');
  const __m128i del = _mm_set1_epi8(0x7f);
  for (; end - at >= 16; at += 16) {
    const __m128i bytes = _mm_loadu_si128(reinterpret_cast<const __m128i*>(at));
    const __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, highest), bytes);
    const __m128i bad = _mm_or_si128(_mm_andnot_si128(_mm_cmpeq_epi8(bytes, tab), low), _mm_cmpeq_epi8(bytes, del));
    const int mask = _mm_movemask_epi8(bad);
    if (mask != 0) return at + __builtin_ctz(static_cast<unsigned>(mask));
  }
#endif
  while (at != end && !is_control(*at)) ++at;
  return at;
}

// What a scan over lines up to the empty one found.
struct LineScan {
  enum class State : unsigned char { incomplete, complete, malformed };
  State state = State::incomplete;
  std::size_t size = 0;       // complete: bytes up to and with the empty line; malformed: where the bad byte is
  std::string_view reason{};  // malformed: static text
};

// Looks for the empty line that ends `input` and refuses bare CR, bare LF and control characters on the way (RFC 9112
// section 2.2), so that later passes need not look again. An empty first line counts as the end.
// `scanned` starts at 0 and is passed again when the same input has grown: each byte is looked at once.
LineScan scan_lines(std::string_view input, std::size_t& scanned);

}  // namespace outrigger::http::h1
