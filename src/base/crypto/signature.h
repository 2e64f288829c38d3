#pragma once

#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/json/json.h"

// Signatures of JSON Web Tokens: RFC 7517 (keys), 7518 (algorithms) and 8037 (Ed25519).
namespace outrigger::base::crypto {

enum class Algorithm : std::uint8_t {
  rs256,
  rs384,
  rs512,
  ps256,
  ps384,
  ps512,
  es256,
  es384,
  es512,
  eddsa,
  hs256,
  hs384,
  hs512
};

// By its name in a token's head, "RS256"; nothing for "none" and what is not known.
std::optional<Algorithm> algorithm_of(std::string_view name);
std::string_view name_of(Algorithm algorithm);
// HS256 and the like: who can verify can sign.
bool is_symmetric(Algorithm algorithm);

// A key that verifies signatures, by the algorithms that belong to its kind and no others: an RSA key never stands for
// a secret of HS256. Cheap to copy; immutable; thread: any.
class VerificationKey {
 public:
  // A public key of a JWK set: RSA (2048 bits or more), EC on P-256, P-384 or P-521, or Ed25519. The error is a few
  // words; `oct` keys are refused: a secret does not belong into a set that is public.
  static std::expected<VerificationKey, std::string> from_jwk(const Json& jwk);
  // A secret of at least 32 bytes, for HS256, HS384 and HS512 as far as it is long enough (RFC 7518 section 3.2).
  static std::expected<VerificationKey, std::string> from_secret(std::string secret);

  // The key's name, empty if it has none.
  const std::string& id() const { return id_; }
  // May the key be used with it? Also by the key's own `alg`.
  bool fits(Algorithm algorithm) const;
  // Is `signature` one of `text` by this key? `signature` as RFC 7518 has it. Cost: 20 to 150 microseconds.
  bool verify(Algorithm algorithm, std::string_view text, std::string_view signature) const;

 private:
  struct Material;
  std::shared_ptr<const Material> material_;
  std::string id_;
  std::optional<Algorithm> only_;
};

}  // namespace outrigger::base::crypto
