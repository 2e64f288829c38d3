#include "filters/basic_auth/user_file.h"

#include "base/crypto/password_hash.h"

namespace outrigger::filters {
namespace {

std::string_view without_blanks(std::string_view text) {
  while (text.ends_with('\r') || text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

}  // namespace

std::expected<UserFile, std::string> UserFile::parse(std::string_view text) {
  UserFile file;
  file.digest_ = base::crypto::sha256(text);
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    const std::string_view line = without_blanks(text.substr(0, end));
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.empty() || line.front() == '#') continue;
    const std::string place = "line " + std::to_string(number);
    const auto colon = line.find(':');
    if (colon == std::string_view::npos || colon == 0) return std::unexpected(place + " is not name:hash");
    const std::string name(line.substr(0, colon));
    std::string hash(line.substr(colon + 1));
    if (const std::string error = base::crypto::check_password_hash(hash); !error.empty()) {
      return std::unexpected(place + ": the hash of \"" + name + "\" " + error);
    }
    if (!file.hashes_.emplace(name, std::move(hash)).second) {
      return std::unexpected(place + " repeats the user \"" + name + "\"");
    }
  }
  if (file.hashes_.empty()) return std::unexpected("it has no users");
  return file;
}

const std::string& UserFile::hash_of(std::string_view user, bool& is_known) const {
  const auto found = hashes_.find(user);
  is_known = found != hashes_.end();
  return is_known ? found->second : hashes_.begin()->second;
}

}  // namespace outrigger::filters
