#include "filters/basic_auth/credentials.h"

#include <algorithm>

#include "base/base64.h"

namespace outrigger::filters {
namespace {

constexpr std::string_view kScheme = "Basic";
constexpr std::size_t kLongest = 4096;

bool is_control(char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }

}  // namespace

std::optional<Credentials> basic_credentials(const Headers& headers) {
  if (headers.count(FieldId::authorization) != 1) return std::nullopt;
  std::string_view text = *headers.get(FieldId::authorization);
  const auto blank = text.find(' ');
  if (blank == std::string_view::npos || !equals_ignoring_case(text.substr(0, blank), kScheme)) return std::nullopt;
  text.remove_prefix(std::min(text.find_first_not_of(' ', blank), text.size()));
  if (text.size() > kLongest) return std::nullopt;
  const auto plain = base::decode_base64(text);
  if (!plain || std::ranges::any_of(*plain, is_control)) return std::nullopt;
  const auto colon = plain->find(':');
  if (colon == std::string::npos) return std::nullopt;
  return Credentials{plain->substr(0, colon), plain->substr(colon + 1)};
}

}  // namespace outrigger::filters
