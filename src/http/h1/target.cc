#include "http/h1/target.h"

#include <algorithm>
#include <array>

#include "base/hex.h"

#if defined(__SSE2__)
#include <emmintrin.h>
#endif

namespace outrigger::http::h1 {

namespace {

constexpr std::array<bool, 256> table_of(std::string_view chars) {
  std::array<bool, 256> table{};
  for (const char c : chars) table[static_cast<unsigned char>(c)] = true;
  return table;
}

// RFC 3986 unreserved and the harmless sub-delims.
constexpr auto kHostChars = table_of("-._~!$&'*+0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz");

constexpr bool is_plain_target_char(char c) { return c > 0x20 && c < 0x7f && c != '#' && c != '%'; }

constexpr unsigned char kEndsTarget = 4;

// The class bits of every byte.
constexpr auto kTargetClasses = [] {
  std::array<unsigned char, 256> table{};
  for (unsigned c = 0; c < 256; ++c) {
    const bool is_plain = c < 128 && is_plain_target_char(static_cast<char>(c));
    const bool is_odd = !is_plain || c == '.' || c == '\\';
    table[c] = static_cast<unsigned char>((is_plain ? 0 : kMayBeRefused) | (is_odd ? kMayBeAmbiguous : 0) |
                                          (c <= ' ' ? kEndsTarget : 0));
  }
  return table;
}();

bool is_digit(char c) { return c >= '0' && c <= '9'; }

bool is_ipv4(std::string_view text) {
  for (int part = 0;; ++part) {
    const auto dot = text.find('.');
    const auto digits = text.substr(0, dot);
    if (digits.empty() || digits.size() > 3 || !std::ranges::all_of(digits, is_digit)) return false;
    if (digits.size() > 1 && digits.front() == '0') return false;
    if (digits.size() == 3 && digits > "255") return false;
    if (dot == std::string_view::npos) return part == 3;
    text.remove_prefix(dot + 1);
  }
}

// Groups of 16 bits in "a:b:c" (the last may be IPv4), or -1. Empty text has none.
int count_groups(std::string_view text, bool may_end_in_ipv4) {
  if (text.empty()) return 0;
  for (int groups = 1;; ++groups) {
    const auto colon = text.find(':');
    const auto group = text.substr(0, colon);
    const bool is_last = colon == std::string_view::npos;
    if (is_last && may_end_in_ipv4 && group.contains('.')) return is_ipv4(group) ? groups + 1 : -1;
    if (group.empty() || group.size() > 4) return -1;
    if (!std::ranges::all_of(group, [](char c) { return base::hex_value(c) >= 0; })) return -1;
    if (is_last) return groups;
    text.remove_prefix(colon + 1);
  }
}

// RFC 3986 IPv6address: eight groups, or fewer around one "::".
bool is_ipv6(std::string_view text) {
  const auto gap = text.find("::");
  if (gap == std::string_view::npos) return count_groups(text, true) == 8;
  const int before = count_groups(text.substr(0, gap), false);
  const int after = count_groups(text.substr(gap + 2), true);
  return before >= 0 && after >= 0 && before + after <= 7;
}

bool is_port(std::string_view text) {
  if (text.empty() || text.size() > 5) return false;
  unsigned value = 0;
  for (const char c : text) {
    if (!is_digit(c)) return false;
    value = value * 10 + static_cast<unsigned>(c - '0');
  }
  return value <= 65535;
}

}  // namespace

unsigned target_classes(const char*& at, const char* end) {
  unsigned classes = 0;
  const char* byte = at;
#if defined(__SSE2__)
  for (; end - byte >= 16; byte += 16) {
    const __m128i text = _mm_loadu_si128(reinterpret_cast<const __m128i*>(byte));
    const auto is = [text](char c) { return _mm_cmpeq_epi8(text, _mm_set1_epi8(c)); };
    const __m128i ends = _mm_cmpeq_epi8(_mm_min_epu8(text, _mm_set1_epi8(' ')), text);
    const __m128i above = _mm_cmpeq_epi8(_mm_max_epu8(text, _mm_set1_epi8(0x7f)), text);
    const __m128i odd =
        _mm_or_si128(above, _mm_or_si128(_mm_or_si128(is('%'), is('#')), _mm_or_si128(is('.'), is('\\'))));
    if (_mm_movemask_epi8(_mm_or_si128(ends, odd)) != 0) break;
  }
#endif
  for (; byte != end; ++byte) {
    const unsigned now = kTargetClasses[static_cast<unsigned char>(*byte)];
    if ((now & kEndsTarget) != 0) break;
    classes |= now;
  }
  at = byte;
  return classes;
}

std::string_view check_target(std::string_view target) {
  const std::size_t query = target.find('?');
  for (std::size_t i = 0; i < target.size(); ++i) {
    const char c = target[i];
    if (is_plain_target_char(c) || (c == '%' && i > query)) continue;
    if (c == '#') return "fragment in the target";
    if (c != '%') return "control character, blank or non-ASCII byte in the target";
    if (target.size() - i < 3 || base::hex_value(target[i + 1]) < 0 || base::hex_value(target[i + 2]) < 0) {
      return "bad encoding";
    }
  }
  return {};
}

bool is_authority(std::string_view text) {
  const char* at = text.data();
  const char* const end = at + text.size();
  if (text.starts_with('[')) {
    const auto bracket = text.find(']');
    if (bracket == std::string_view::npos || !is_ipv6(text.substr(1, bracket - 1))) return false;
    at += bracket + 1;
  } else {
    while (at != end && kHostChars[static_cast<unsigned char>(*at)]) ++at;
  }
  if (at == text.data()) return false;
  return at == end || (*at == ':' && is_port({at + 1, end}));
}

}  // namespace outrigger::http::h1
