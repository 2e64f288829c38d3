#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "base/crypto/signature.h"
#include "base/json/json.h"

namespace outrigger::filters {

// A JSON Web Token in its compact form, RFC 7515 section 7.1, taken apart. Nothing in it is proven yet.
struct Token {
  base::crypto::Algorithm algorithm{};
  std::string key_id;  // `kid`; empty if it has none
  std::string type;    // `typ`; empty if it has none
  std::string_view signed_part;
  std::string signature;
  std::string_view payload;  // still encoded: not looked at before the signature is
};

// At most 16 KiB. Refused: what is not three parts of strict base64url; `alg` missing, "none" or not known; `crit`, for
// no extension is understood (RFC 7515 section 4.1.11). Keys that the head brings along (`jwk`, `jku`, `x5u`, `x5c`)
// are ignored. The error is a few words. Views into `text`.
std::expected<Token, std::string> parse_token(std::string_view text);

// The claims of a token whose signature is good.
std::expected<base::Json, std::string> parse_claims(const Token& token);

}  // namespace outrigger::filters
