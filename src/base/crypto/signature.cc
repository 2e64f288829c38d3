#include "base/crypto/signature.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/rsa.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/crypto/digest.h"
#include "base/crypto/public_key.h"

namespace outrigger::base::crypto {
namespace {

// What a key can be; an algorithm belongs to one of them.
enum class Kind : std::uint8_t { rsa, p256, p384, p521, ed25519, secret };

struct AlgorithmInfo {
  std::string_view name;
  Kind kind;
  const EVP_MD* (*digest)();  // null: of its own (Ed25519)
  bool is_pss = false;
  std::size_t bytes = 0;  // of r and of s; of the shortest secret
};

constexpr std::array kAlgorithms = {
    AlgorithmInfo{"RS256", Kind::rsa, &EVP_sha256},
    AlgorithmInfo{"RS384", Kind::rsa, &EVP_sha384},
    AlgorithmInfo{"RS512", Kind::rsa, &EVP_sha512},
    AlgorithmInfo{"PS256", Kind::rsa, &EVP_sha256, true},
    AlgorithmInfo{"PS384", Kind::rsa, &EVP_sha384, true},
    AlgorithmInfo{"PS512", Kind::rsa, &EVP_sha512, true},
    AlgorithmInfo{"ES256", Kind::p256, &EVP_sha256, false, 32},
    AlgorithmInfo{"ES384", Kind::p384, &EVP_sha384, false, 48},
    AlgorithmInfo{"ES512", Kind::p521, &EVP_sha512, false, 66},
    AlgorithmInfo{"EdDSA", Kind::ed25519, nullptr},
    AlgorithmInfo{"HS256", Kind::secret, &EVP_sha256, false, 32},
    AlgorithmInfo{"HS384", Kind::secret, &EVP_sha384, false, 48},
    AlgorithmInfo{"HS512", Kind::secret, &EVP_sha512, false, 64},
};

const AlgorithmInfo& info_of(Algorithm algorithm) { return kAlgorithms[static_cast<std::size_t>(algorithm)]; }

Kind kind_of(const EVP_PKEY* key) {
  switch (EVP_PKEY_get_base_id(key)) {
    case EVP_PKEY_RSA:
      return Kind::rsa;
    case EVP_PKEY_ED25519:
      return Kind::ed25519;
    default:
      break;
  }
  const int bits = EVP_PKEY_get_bits(key);
  return bits == 256 ? Kind::p256 : bits == 384 ? Kind::p384 : Kind::p521;
}

const unsigned char* bytes_of(std::string_view text) { return reinterpret_cast<const unsigned char*>(text.data()); }

struct FreeSignature {
  void operator()(ECDSA_SIG* signature) const { ECDSA_SIG_free(signature); }
};

// r and s side by side (RFC 7518 section 3.4) as OpenSSL wants them, in DER. Empty: wrong size.
std::vector<unsigned char> der_of(std::string_view signature, std::size_t bytes) {
  if (signature.size() != 2 * bytes) return {};
  const std::unique_ptr<ECDSA_SIG, FreeSignature> pair(ECDSA_SIG_new());
  BIGNUM* const r = BN_bin2bn(bytes_of(signature), static_cast<int>(bytes), nullptr);
  BIGNUM* const s = BN_bin2bn(bytes_of(signature) + bytes, static_cast<int>(bytes), nullptr);
  ECDSA_SIG_set0(pair.get(), r, s);
  std::vector<unsigned char> der(static_cast<std::size_t>(std::max(0, i2d_ECDSA_SIG(pair.get(), nullptr))));
  unsigned char* at = der.data();
  if (der.empty() || i2d_ECDSA_SIG(pair.get(), &at) <= 0) return {};
  return der;
}

struct FreeDigestContext {
  void operator()(EVP_MD_CTX* context) const { EVP_MD_CTX_free(context); }
};

bool verify_with(EVP_PKEY* key, const AlgorithmInfo& info, std::string_view text, const unsigned char* signature,
                 std::size_t size) {
  const std::unique_ptr<EVP_MD_CTX, FreeDigestContext> context(EVP_MD_CTX_new());
  EVP_PKEY_CTX* details = nullptr;
  const EVP_MD* digest = info.digest == nullptr ? nullptr : info.digest();
  if (EVP_DigestVerifyInit(context.get(), &details, digest, nullptr, key) != 1) return false;
  if (info.is_pss && (EVP_PKEY_CTX_set_rsa_padding(details, RSA_PKCS1_PSS_PADDING) != 1 ||
                      EVP_PKEY_CTX_set_rsa_pss_saltlen(details, RSA_PSS_SALTLEN_DIGEST) != 1)) {
    return false;
  }
  return EVP_DigestVerify(context.get(), signature, size, bytes_of(text), text.size()) == 1;
}

bool verify_mac(const std::string& secret, const AlgorithmInfo& info, std::string_view text, std::string_view mac) {
  unsigned char made[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  HMAC(info.digest(), secret.data(), static_cast<int>(secret.size()), bytes_of(text), text.size(), made, &size);
  return equal({reinterpret_cast<const char*>(made), size}, mac);
}

// RFC 7517 sections 4.2 and 4.3: is the key meant for other things than to verify?
bool is_for_others(const Json& jwk) {
  const Json* const use = jwk.find("use");
  if (use != nullptr && use->text != "sig") return true;
  const Json* const operations = jwk.find("key_ops");
  if (operations == nullptr) return false;
  return std::ranges::none_of(operations->items, [](const Json& item) { return item.text == "verify"; });
}

}  // namespace

std::optional<Algorithm> algorithm_of(std::string_view name) {
  const auto* const found = std::ranges::find(kAlgorithms, name, &AlgorithmInfo::name);
  if (found == kAlgorithms.end()) return std::nullopt;
  return static_cast<Algorithm>(found - kAlgorithms.begin());
}

std::string_view name_of(Algorithm algorithm) { return info_of(algorithm).name; }

bool is_symmetric(Algorithm algorithm) { return info_of(algorithm).kind == Kind::secret; }

struct VerificationKey::Material {
  Kind kind{};
  PublicKey key{};
  std::string secret{};
  Material() = default;
  ~Material() { wipe(secret); }
};

std::expected<VerificationKey, std::string> VerificationKey::from_jwk(const Json& jwk) {
  if (!jwk.is_object()) return std::unexpected("a key is an object");
  if (is_for_others(jwk)) return std::unexpected("a key that is not for signatures");
  auto made = public_key_of(jwk);
  if (!made) return std::unexpected(made.error());
  VerificationKey key;
  key.id_ = jwk.text_of("kid");
  if (jwk.find("alg") != nullptr) {
    key.only_ = algorithm_of(jwk.text_of("alg"));
    if (!key.only_) return std::unexpected("an algorithm that is not known");
  }
  auto material = std::make_shared<Material>();
  material->kind = kind_of(made->get());
  material->key = std::move(*made);
  key.material_ = std::move(material);
  if (key.only_ && info_of(*key.only_).kind != key.material_->kind) {
    return std::unexpected("an algorithm that is not one of its kind of key");
  }
  return key;
}

std::expected<VerificationKey, std::string> VerificationKey::from_secret(std::string secret) {
  if (secret.size() < 32) return std::unexpected("a secret has at least 32 bytes (RFC 7518 section 3.2)");
  VerificationKey key;
  auto material = std::make_shared<Material>();
  material->kind = Kind::secret;
  material->secret = std::move(secret);
  key.material_ = std::move(material);
  return key;
}

bool VerificationKey::fits(Algorithm algorithm) const {
  const AlgorithmInfo& info = info_of(algorithm);
  if (info.kind != material_->kind || (only_ && *only_ != algorithm)) return false;
  return info.kind != Kind::secret || material_->secret.size() >= info.bytes;
}

bool VerificationKey::verify(Algorithm algorithm, std::string_view text, std::string_view signature) const {
  if (!fits(algorithm)) return false;
  const AlgorithmInfo& info = info_of(algorithm);
  if (info.kind == Kind::secret) return verify_mac(material_->secret, info, text, signature);
  bool is_good = false;
  if (info.bytes != 0) {
    const auto der = der_of(signature, info.bytes);
    is_good = !der.empty() && verify_with(material_->key.get(), info, text, der.data(), der.size());
  } else {
    is_good = verify_with(material_->key.get(), info, text, bytes_of(signature), signature.size());
  }
  ERR_clear_error();
  return is_good;
}

}  // namespace outrigger::base::crypto
