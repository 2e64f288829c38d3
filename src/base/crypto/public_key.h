#pragma once

#include <expected>
#include <memory>
#include <string>

#include "base/json/json.h"

struct evp_pkey_st;

namespace outrigger::base::crypto {

struct FreePublicKey {
  void operator()(evp_pkey_st* key) const;
};
using PublicKey = std::unique_ptr<evp_pkey_st, FreePublicKey>;

// The public key that a JWK describes: RSA, EC or OKP (Ed25519). The error is a few words.
std::expected<PublicKey, std::string> public_key_of(const Json& jwk);

}  // namespace outrigger::base::crypto
