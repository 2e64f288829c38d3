#include "base/crypto/public_key.h"

#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>

#include "base/base64.h"

namespace outrigger::base::crypto {
namespace {

constexpr int kLeastRsaBits = 2048;
constexpr int kMostRsaBits = 8192;  // larger ones take long to verify

struct FreeBuilder {
  void operator()(OSSL_PARAM_BLD* builder) const { OSSL_PARAM_BLD_free(builder); }
};
struct FreeParameters {
  void operator()(OSSL_PARAM* parameters) const { OSSL_PARAM_free(parameters); }
};
struct FreeContext {
  void operator()(EVP_PKEY_CTX* context) const { EVP_PKEY_CTX_free(context); }
};
struct FreeNumber {
  void operator()(BIGNUM* number) const { BN_free(number); }
};
using Builder = std::unique_ptr<OSSL_PARAM_BLD, FreeBuilder>;
using Number = std::unique_ptr<BIGNUM, FreeNumber>;
using Context = std::unique_ptr<EVP_PKEY_CTX, FreeContext>;
using Made = std::expected<PublicKey, std::string>;

const unsigned char* bytes_of(const std::string& text) { return reinterpret_cast<const unsigned char*>(text.data()); }

Number number_of(std::string_view base64url) {
  const auto bytes = decode_base64url(base64url);
  if (!bytes || bytes->empty()) return nullptr;
  return Number(BN_bin2bn(bytes_of(*bytes), static_cast<int>(bytes->size()), nullptr));
}

// The key of what was put into `builder`, and whether it is a sound one (a point on its curve, say).
PublicKey finish(const char* kind, OSSL_PARAM_BLD* builder) {
  const std::unique_ptr<OSSL_PARAM, FreeParameters> parameters(OSSL_PARAM_BLD_to_param(builder));
  const Context context(EVP_PKEY_CTX_new_from_name(nullptr, kind, nullptr));
  EVP_PKEY* key = nullptr;
  if (!parameters || !context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key, EVP_PKEY_PUBLIC_KEY, parameters.get()) != 1) {
    return nullptr;
  }
  PublicKey made(key);
  const Context check(EVP_PKEY_CTX_new_from_pkey(nullptr, key, nullptr));
  return check && EVP_PKEY_public_check(check.get()) == 1 ? std::move(made) : nullptr;
}

Made rsa_key(const Json& jwk) {
  const Number modulus = number_of(jwk.text_of("n"));
  const Number exponent = number_of(jwk.text_of("e"));
  if (!modulus || !exponent) return std::unexpected("n or e is missing or malformed");
  const int bits = BN_num_bits(modulus.get());
  if (bits < kLeastRsaBits || bits > kMostRsaBits) {
    return std::unexpected("an RSA key of " + std::to_string(bits) + " bits: 2048 to 8192 are taken");
  }
  const Builder builder(OSSL_PARAM_BLD_new());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_N, modulus.get());
  OSSL_PARAM_BLD_push_BN(builder.get(), OSSL_PKEY_PARAM_RSA_E, exponent.get());
  PublicKey key = finish("RSA", builder.get());
  if (!key) return std::unexpected("no sound RSA key");
  return key;
}

struct Curve {
  std::string_view name;
  std::size_t bytes;
};
constexpr Curve kCurves[] = {{"P-256", 32}, {"P-384", 48}, {"P-521", 66}};

Made ec_key(const Json& jwk) {
  for (const Curve& curve : kCurves) {
    if (jwk.text_of("crv") != curve.name) continue;
    const auto x = decode_base64url(jwk.text_of("x"));
    const auto y = decode_base64url(jwk.text_of("y"));
    // RFC 7518 section 6.2.1.2: the full size, leading zeros included.
    if (!x || !y || x->size() != curve.bytes || y->size() != curve.bytes) {
      return std::unexpected("x or y is missing or has another size than its curve");
    }
    const std::string point = '\x04' + *x + *y;
    const Builder builder(OSSL_PARAM_BLD_new());
    OSSL_PARAM_BLD_push_utf8_string(builder.get(), OSSL_PKEY_PARAM_GROUP_NAME, curve.name.data(), curve.name.size());
    OSSL_PARAM_BLD_push_octet_string(builder.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(), point.size());
    PublicKey key = finish("EC", builder.get());
    if (!key) return std::unexpected("no point on its curve");
    return key;
  }
  return std::unexpected("a curve other than P-256, P-384 and P-521");
}

Made okp_key(const Json& jwk) {
  if (jwk.text_of("crv") != "Ed25519") return std::unexpected("a curve other than Ed25519");
  const auto x = decode_base64url(jwk.text_of("x"));
  if (!x || x->size() != 32) return std::unexpected("x is missing or has another size than 32 bytes");
  PublicKey key(EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, nullptr, bytes_of(*x), x->size()));
  if (!key) return std::unexpected("no sound Ed25519 key");
  return key;
}

}  // namespace

void FreePublicKey::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }

Made public_key_of(const Json& jwk) {
  const std::string_view kind = jwk.text_of("kty");
  Made made = kind == "RSA"   ? rsa_key(jwk)
              : kind == "EC"  ? ec_key(jwk)
              : kind == "OKP" ? okp_key(jwk)
                              : Made(std::unexpected("a kind of key (kty) other than RSA, EC and OKP"));
  ERR_clear_error();
  return made;
}

}  // namespace outrigger::base::crypto
