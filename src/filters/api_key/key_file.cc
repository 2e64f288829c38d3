#include "filters/api_key/key_file.h"

#include <algorithm>
#include <optional>

#include "base/hex.h"
#include "base/random.h"

namespace outrigger::filters {
namespace {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view kBlank = " \t\r";
  const auto begin = text.find_first_not_of(kBlank);
  if (begin == std::string_view::npos) return {};
  return text.substr(begin, text.find_last_not_of(kBlank) - begin + 1);
}

std::optional<base::crypto::Digest> parse_digest(std::string_view text) {
  base::crypto::Digest digest{};
  const auto bytes = base::from_hex(text, digest.size());
  if (!bytes) return std::nullopt;
  std::ranges::copy(*bytes, digest.begin());
  return digest;
}

}  // namespace

std::expected<KeyFile, std::string> KeyFile::parse(std::string_view text) {
  KeyFile file;
  file.names_ = decltype(names_)(0, Hash(base::SipHash(random_bits(), random_bits())));
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const std::string_view line = trimmed(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.empty() || line.front() == '#') continue;
    const auto blank = line.find_first_of(" \t");
    const auto digest = parse_digest(line.substr(0, blank));
    const std::string place = "line " + std::to_string(number);
    if (!digest) return std::unexpected(place + " is no SHA-256: 64 hexadecimal digits, then perhaps a name");
    const std::string_view name = blank == std::string_view::npos ? "key" : trimmed(line.substr(blank));
    if (!file.names_.emplace(*digest, name).second) return std::unexpected(place + " repeats a key");
  }
  if (file.names_.empty()) return std::unexpected("it has no keys");
  return file;
}

const std::string* KeyFile::find(std::string_view key) const {
  const auto found = names_.find(base::crypto::sha256(key));
  return found == names_.end() ? nullptr : &found->second;
}

}  // namespace outrigger::filters
