#include "filters/jwt/key_set.h"

namespace outrigger::filters {
namespace {
constexpr std::size_t kMostKeys = 200;
constexpr int kMostTries = 8;
}  // namespace

std::expected<KeySet, std::string> KeySet::parse_jwks(std::string_view text) {
  const auto json = base::parse_json(text);
  if (!json) return std::unexpected("is no JWK set: " + json.error());
  const base::Json* const keys = json->find("keys");
  if (keys == nullptr || !keys->is_list()) return std::unexpected("is no JWK set: it has no list \"keys\"");
  if (keys->items.size() > kMostKeys) return std::unexpected("has more than 200 keys");
  KeySet set;
  std::string first_error;
  for (std::size_t i = 0; i < keys->items.size(); ++i) {
    auto key = base::crypto::VerificationKey::from_jwk(keys->items[i]);
    if (key) {
      set.keys_.push_back(std::move(*key));
    } else if (first_error.empty()) {
      first_error = ": keys[" + std::to_string(i) + "] is " + key.error();
    }
  }
  if (set.keys_.empty()) return std::unexpected("has no usable key" + first_error);
  return set;
}

KeySet KeySet::of(base::crypto::VerificationKey key) {
  KeySet set;
  set.keys_.push_back(std::move(key));
  return set;
}

KeySet::Result KeySet::verify(const Token& token) const {
  int tries = 0;
  for (const auto& key : keys_) {
    // A key without a name may stand for any.
    if (!token.key_id.empty() && !key.id().empty() && key.id() != token.key_id) continue;
    if (!key.fits(token.algorithm)) continue;
    if (key.verify(token.algorithm, token.signed_part, token.signature)) return Result::good;
    if (++tries == kMostTries) break;
  }
  return tries == 0 ? Result::unknown_key : Result::bad_signature;
}

}  // namespace outrigger::filters
