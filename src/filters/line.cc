#include "filters/line.h"

#include <algorithm>
#include <array>

#include "base/utf8.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace outrigger::filters {
namespace {

constexpr std::string_view kCut = "...";
constexpr std::string_view kHex = "0123456789abcdef";

// Bytes that go through both forms as they are.
constexpr std::array<bool, 256> kHarmless = [] {
  std::array<bool, 256> table{};
  for (unsigned c = 0x20; c < 0x7f; ++c) table[c] = c != '"' && c != '\\';
  return table;
}();

std::size_t harmless_bytes(std::string_view text, std::size_t size) {
  while (size < text.size() && kHarmless[static_cast<unsigned char>(text[size])]) ++size;
  return size;
}

#if defined(__SSE2__)
// One bit for each byte that is not harmless.
unsigned harmful(__m128i bytes) {
  const __m128i visible = _mm_cmpgt_epi8(bytes, _mm_set1_epi8(0x1f));  // signed: bytes from 0x80 on are below zero
  const __m128i special =
      _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f)),
                   _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')), _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\'))));
  return static_cast<unsigned>(_mm_movemask_epi8(_mm_andnot_si128(special, visible))) ^ 0xffffU;
}

__m128i sixteen(const char* at) { return _mm_loadu_si128(reinterpret_cast<const __m128i*>(at)); }

__m128i both_ends(std::string_view text) {
  const auto eight = [](const char* at) { return _mm_loadl_epi64(reinterpret_cast<const __m128i*>(at)); };
  return _mm_unpacklo_epi64(eight(text.data()), eight(text.data() + text.size() - 8));
}

std::size_t harmless_prefix(std::string_view text) {
  if (text.size() < 16) {
    const bool is_whole = text.size() >= 8 && harmful(both_ends(text)) == 0;
    return is_whole ? text.size() : harmless_bytes(text, 0);
  }
  // The last block may overlap the one before, which had nothing.
  for (std::size_t at = 0; at < text.size(); at += 16) {
    const std::size_t from = std::min(at, text.size() - 16);
    const unsigned bits = harmful(sixteen(text.data() + from));
    if (bits != 0) return from + static_cast<std::size_t>(__builtin_ctz(bits));
  }
  return text.size();
}
#else
std::size_t harmless_prefix(std::string_view text) { return harmless_bytes(text, 0); }
#endif

}  // namespace

void Line::hex(std::string_view lead, unsigned char byte) {
  raw(lead);
  const char digits[] = {kHex[byte >> 4], kHex[byte & 15]};
  raw({digits, 2});
}

void Line::json(std::string_view text) {
  const bool is_cut = text.size() > kMaxValue;
  text = text.substr(0, kMaxValue);
  while (!text.empty()) {
    std::size_t size = harmless_prefix(text);
    raw(text.substr(0, size));
    text.remove_prefix(size);
    if (text.empty()) break;
    size = base::utf8_prefix(text);
    if (size != 0) {
      raw(text.substr(0, size));
    } else if (text[0] == '"' || text[0] == '\\') {
      raw("\\");
      raw(text.substr(0, 1));
    } else {
      hex("\\u00", static_cast<unsigned char>(text[0]));
    }
    text.remove_prefix(size == 0 ? 1 : size);
  }
  if (is_cut) raw(kCut);
}

void Line::plain(std::string_view text) {
  const bool is_cut = text.size() > kMaxValue;
  text = text.substr(0, kMaxValue);
  while (!text.empty()) {
    const std::size_t size = harmless_prefix(text);
    raw(text.substr(0, size));
    text.remove_prefix(size);
    if (text.empty()) break;
    if (text[0] == '"' || text[0] == '\\') {
      raw("\\");
      raw(text.substr(0, 1));
    } else {
      hex("\\x", static_cast<unsigned char>(text[0]));
    }
    text.remove_prefix(1);
  }
  if (is_cut) raw(kCut);
}

}  // namespace outrigger::filters
