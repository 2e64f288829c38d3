#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

#include "http/h1/fields.h"
#include "http/h1/scan.h"

#if defined(__x86_64__)
#include <immintrin.h>
#endif

// The bytes that structure a head, found 64 at a time: a bit for each byte.
namespace outrigger::http::h1 {

struct Bitmaps {
  std::uint64_t no_token = 0;  // bytes that end a token
  std::uint64_t control = 0;   // is_control(), and tabs: what may end a line
};

namespace plain {

// Of 64 bytes, on every processor.
inline Bitmaps bitmaps(const char* bytes) {
  Bitmaps maps;
  for (unsigned i = 0; i < 64; ++i) {
    maps.no_token |= std::uint64_t{!is_token_char(bytes[i])} << i;
    maps.control |= std::uint64_t{is_control(bytes[i]) || bytes[i] == '\t'} << i;
  }
  return maps;
}

}  // namespace plain

#if defined(__x86_64__)
namespace avx2 {

// A token character has the bit of its high half in the entry of its low half. RFC 9110 section 5.6.2.
struct TokenHalves {
  std::array<char, 16> low{};
  std::array<char, 16> high{};
  constexpr TokenHalves() {
    for (unsigned c = 0; c < 128; ++c) {
      if (!kTokenChars[c]) continue;
      low[c & 15] = static_cast<char>(low[c & 15] | 1 << (c >> 4));
      high[c >> 4] = static_cast<char>(1 << (c >> 4));
    }
  }
};
inline constexpr TokenHalves kTokenHalves;

[[gnu::target("avx2")]] inline __m256i twice(const std::array<char, 16>& half) {
  return _mm256_broadcastsi128_si256(_mm_loadu_si128(reinterpret_cast<const __m128i*>(half.data())));
}

// The same, 32 bytes at a time.
[[gnu::target("avx2")]] inline Bitmaps bitmaps(const char* bytes) {
  const __m256i low = twice(kTokenHalves.low);
  const __m256i high = twice(kTokenHalves.high);
  const __m256i nibble = _mm256_set1_epi8(0x0f);
  Bitmaps maps;
  for (unsigned i = 0; i < 64; i += 32) {
    const __m256i text = _mm256_loadu_si256(reinterpret_cast<const __m256i*>(bytes + i));
    const __m256i halves =
        _mm256_and_si256(_mm256_shuffle_epi8(low, _mm256_and_si256(text, nibble)),
                         _mm256_shuffle_epi8(high, _mm256_and_si256(_mm256_srli_epi16(text, 4), nibble)));
    const __m256i no_token = _mm256_cmpeq_epi8(halves, _mm256_setzero_si256());
    const __m256i below_blank = _mm256_cmpeq_epi8(_mm256_min_epu8(text, _mm256_set1_epi8(0x1f)), text);
    const __m256i control = _mm256_or_si256(below_blank, _mm256_cmpeq_epi8(text, _mm256_set1_epi8(0x7f)));
    maps.no_token |= std::uint64_t{static_cast<unsigned>(_mm256_movemask_epi8(no_token))} << i;
    maps.control |= std::uint64_t{static_cast<unsigned>(_mm256_movemask_epi8(control))} << i;
  }
  return maps;
}

}  // namespace avx2
#endif

}  // namespace outrigger::http::h1
