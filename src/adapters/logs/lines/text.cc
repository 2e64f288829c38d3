#include "adapters/logs/lines/text.h"

#include <cstdint>
#include <cstring>

#include "base/utf8.h"

namespace outrigger::adapters::logs {

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
    const bool is_ascii = static_cast<signed char>(text[place]) >= 0;
    const std::size_t length = is_ascii ? 1 : base::utf8_prefix(text.substr(place));
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
