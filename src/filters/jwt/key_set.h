#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "filters/jwt/token.h"

namespace outrigger::filters {

// The keys that tokens may be signed with. Immutable; thread: any.
class KeySet {
 public:
  // A JWK set, RFC 7517 section 5. Keys that are not for this (encryption, unknown kinds, secrets) are passed over, as
  // the RFC wants; a set without one usable key is an error that says what was wrong with the first.
  static std::expected<KeySet, std::string> parse_jwks(std::string_view text);
  static KeySet of(base::crypto::VerificationKey key);

  enum class Result : unsigned char { good, unknown_key, bad_signature };
  // By the key that the token names, else by every key that fits its algorithm. A key is never used for an algorithm
  // that is not its own. At most 8 keys are tried.
  Result verify(const Token& token) const;
  std::size_t size() const { return keys_.size(); }

 private:
  std::vector<base::crypto::VerificationKey> keys_;
};

}  // namespace outrigger::filters
