#pragma once

#include <expected>
#include <map>
#include <string>
#include <string_view>

#include "base/crypto/digest.h"

namespace outrigger::filters {

// The users of an htpasswd file: a line is `name:hash`; empty lines and those that begin with # count for nothing.
// Immutable; thread: any.
class UserFile {
 public:
  // Errors name the line: `line 3: the hash of "alice" is no hash that is safe to use ...`.
  static std::expected<UserFile, std::string> parse(std::string_view text);

  // The hash of the user's password; of a user who is not there, some other user's: who asks may take as long and learn
  // nothing. `is_known` says which.
  const std::string& hash_of(std::string_view user, bool& is_known) const;
  std::size_t size() const { return hashes_.size(); }
  // Of the whole file: equal for equal content.
  const base::crypto::Digest& digest() const { return digest_; }

 private:
  std::map<std::string, std::string, std::less<>> hashes_;
  base::crypto::Digest digest_{};
};

}  // namespace outrigger::filters
