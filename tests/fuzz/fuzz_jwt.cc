#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <string_view>

#include "base/base64.h"
#include "filters/jwt/claims.h"
#include "filters/jwt/key_set.h"

namespace {

using namespace outrigger;

void require(bool holds) {
  if (!holds) std::abort();
}

// RFC 8037 appendix A: nobody here can sign with it.
const filters::KeySet& keys() {
  static const filters::KeySet kKeys =
      filters::KeySet::parse_jwks(
          R"({"keys":[{"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"}]})")
          .value();
  return kKeys;
}

void read_token(std::string_view text) {
  const auto token = filters::parse_token(text);
  if (!token) return require(!token.error().empty());
  require(text.starts_with(token->signed_part));
  // One text for each token: written again it is the same.
  require(std::string(token->signed_part) + "." + base::encode_base64url(token->signature) == text);
  require(keys().verify(*token) != filters::KeySet::Result::good);
  const auto claims = filters::parse_claims(*token);
  if (claims) filters::check_claims(*claims, {.issuers = {"a"}, .audiences = {"b"}, .leeway = {}}, WallTime{});
}

}  // namespace

// The first byte chooses: a token, or a JWK set.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (*data == 'k') {
    const auto set = filters::KeySet::parse_jwks(text);
    require(set ? set->size() > 0 : !set.error().empty());
  } else {
    read_token(text);
  }
  return 0;
}
