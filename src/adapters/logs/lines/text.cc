#include "adapters/logs/lines/text.h"

#include <cstdint>
#include <cstring>

namespace outrigger::adapters::logs {
namespace {

unsigned char at(std::string_view text, std::size_t place) { return static_cast<unsigned char>(text[place]); }

bool is_continuation(std::string_view text, std::size_t place) {
  return place < text.size() && (at(text, place) & 0xC0U) == 0x80U;
}

// Bytes of the character at `place`, 0 if there is none. RFC 3629 section 4, its table of byte sequences.
std::size_t character(std::string_view text, std::size_t place) {
  const unsigned char first = at(text, place);
  if (first < 0x80) return 1;
  if (first < 0xC2 || first > 0xF4 || !is_continuation(text, place + 1)) return 0;
  if (first < 0xE0) return 2;
  const unsigned char second = at(text, place + 1);
  if (!is_continuation(text, place + 2)) return 0;
  if (first < 0xF0) return (first == 0xE0 && second < 0xA0) || (first == 0xED && second > 0x9F) ? 0 : 3;
  if (!is_continuation(text, place + 3)) return 0;
  return (first == 0xF0 && second < 0x90) || (first == 0xF4 && second > 0x8F) ? 0 : 4;
}

}  // namespace

std::size_t valid_utf8(std::string_view text) {
  std::size_t place = 0;
  while (place < text.size()) {
    std::uint64_t eight = 0;
    if (text.size() - place >= sizeof eight) {
      std::memcpy(&eight, text.data() + place, sizeof eight);
      if ((eight & 0x8080808080808080U) == 0) {
        place += sizeof eight;
        continue;
      }
    }
    const std::size_t length = character(text, place);
    if (length == 0) return place;
    place += length;
  }
  return place;
}

std::optional<std::string> repaired_utf8(std::string_view text) {
  std::size_t good = valid_utf8(text);
  if (good == text.size()) return std::nullopt;
  std::string out;
  out.reserve(text.size() + 16);
  for (;;) {
    out.append(text.substr(0, good));
    text.remove_prefix(good);
    if (text.empty()) return out;
    out += "\xEF\xBF\xBD";
    text.remove_prefix(1);
    good = valid_utf8(text);
  }
}

bool is_binary(std::string_view text) { return text.contains('\0'); }

}  // namespace outrigger::adapters::logs
