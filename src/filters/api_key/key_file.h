#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <unordered_map>

#include "base/crypto/digest.h"
#include "base/siphash.h"

namespace outrigger::filters {

// The keys that are known, by their SHA-256. A line is 64 hexadecimal digits and, after blanks, perhaps a name; empty
// lines and those that begin with # count for nothing. Immutable; thread: any.
class KeyFile {
 public:
  // Errors name the line: "line 3 is no SHA-256: 64 hexadecimal digits".
  static std::expected<KeyFile, std::string> parse(std::string_view text);

  // The name of the key, "key" if it has none; null if the key is not known. How long it takes says nothing about the
  // keys in the file.
  const std::string* find(std::string_view key) const;
  std::size_t size() const { return names_.size(); }

 private:
  // Of a digest; keyed, so that nobody can choose where in the table a key is looked for.
  struct Hash {
    Hash() : hash(0, 0) {}
    explicit Hash(base::SipHash keyed) : hash(keyed) {}
    base::SipHash hash;
    std::size_t operator()(const base::crypto::Digest& digest) const {
      return hash({reinterpret_cast<const char*>(digest.data()), digest.size()});
    }
  };
  struct Same {
    bool operator()(const base::crypto::Digest& a, const base::crypto::Digest& b) const {
      return base::crypto::equal(a, b);
    }
  };
  std::unordered_map<base::crypto::Digest, std::string, Hash, Same> names_;
};

}  // namespace outrigger::filters
