#include "filters/access_log/line.h"

#include <array>

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

std::size_t harmless_prefix(std::string_view text) {
  std::size_t size = 0;
  while (size < text.size() && kHarmless[static_cast<unsigned char>(text[size])]) ++size;
  return size;
}

bool is_between(char c, unsigned low, unsigned high) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= low && byte <= high;
}

// Length of the character at the front if it is UTF-8 of more than one byte, else 0. RFC 3629 section 4.
std::size_t utf8_prefix(std::string_view text) {
  const auto first = static_cast<unsigned char>(text[0]);
  const std::size_t size = first >= 0xf0 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first > 0xf4 || text.size() < size) return 0;
  const unsigned low = first == 0xe0 ? 0xa0 : first == 0xf0 ? 0x90 : 0x80;
  const unsigned high = first == 0xed ? 0x9f : first == 0xf4 ? 0x8f : 0xbf;
  if (!is_between(text[1], low, high)) return 0;
  for (std::size_t i = 2; i < size; ++i) {
    if (!is_between(text[i], 0x80, 0xbf)) return 0;
  }
  return size;
}

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
    size = utf8_prefix(text);
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
