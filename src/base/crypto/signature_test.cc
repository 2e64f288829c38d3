#include "base/crypto/signature.h"

#include <catch2/catch.hpp>

#include "base/base64.h"

using namespace outrigger::base;
using namespace outrigger::base::crypto;

namespace {

VerificationKey key_of(const std::string& jwk) {
  auto key = VerificationKey::from_jwk(parse_json(jwk).value());
  INFO(jwk);
  REQUIRE(key);
  return *key;
}

std::string error_of(const std::string& jwk) {
  const auto key = VerificationKey::from_jwk(parse_json(jwk).value());
  return key ? "" : key.error();
}

// RFC 7515 appendix A: the claims of all its examples.
const std::string kPayload =
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ";

const std::string kRsaKey =
    R"({"kty":"RSA","e":"AQAB","n":"ofgWCuLjybRlzo0tZWJjNiuSfb4p4fAkd_wWJcyQoTbji9k0l8W26mPddxHmfHQp-Vaw-4qPCJrcS2mJPMEz)"
    R"(P1Pt0Bm4d4QlL-yRT-SFd2lZS-pCgNMsD1W_YpRPEwOWvG6b32690r2jZ47soMZo9wGzjb_7OMg0LOL-bSf63kpaSHSXndS5z5rexMdbBYUsLA9e-KXBdQOS)"
    R"(-UTo7WTBEMa2R2CapHg665xsmtdVMTBQY4uDZlxvb3qCo5ZwKh9kG4LT6_I5IhlJH7aGhyxXFvUK-DWNmoudF8NAco9_h9iaGNj8q2ethFkMLs91kzk2PAcD)"
    R"(TW9gb54h4FRWyuXpoQ"})";
const std::string kEcKey =
    R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})";
const std::string kEdKey = R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})";

struct Vector {
  const char* source;
  std::string key;
  Algorithm algorithm;
  std::string text;
  std::string signature;
};

const Vector kVectors[] = {
    {"RFC 7515 A.2", kRsaKey, Algorithm::rs256, "eyJhbGciOiJSUzI1NiJ9." + kPayload,
     "cC4hiUPoj9Eetdgtv3hF80EGrhuB__dzERat0XF9g2VtQgr9PJbu3XOiZj5RZmh7AAuHIm4Bh-0Qc_lF5YKt_"
     "O8W2Fp5jujGbds9uJdbF9CUAr7t1dnZcAcQjbKB"
     "YNX4BAynRFdiuB--f_nZLgrnbyTyWzO75vRK5h6xBArLIARNPvkSjtQBMHlb1L07Qe7K0GarZRmB_eSN9383LcOLn6_dO--xi12jzDwusC-"
     "eOkHWEsqtFZESc6Bf"
     "I7noOPqvhJ1phCnvWh6IeYI2w9QOYEUipUTI8np6LbgGY9Fs98rqVt5AXLIhWkWywlVmtVrBp0igcN_IoypGlUPQGe77Rw"},
    {"RFC 7515 A.3", kEcKey, Algorithm::es256, "eyJhbGciOiJFUzI1NiJ9." + kPayload,
     "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q"},
    {"RFC 8037 A.4", kEdKey, Algorithm::eddsa, "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc",
     "hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"},
};

}  // namespace

TEST_CASE("signature: the vectors of the RFCs", "[base][crypto]") {
  for (const Vector& row : kVectors) {
    CAPTURE(row.source);
    const VerificationKey key = key_of(row.key);
    const std::string signature = decode_base64url(row.signature).value();
    CHECK(key.verify(row.algorithm, row.text, signature));
    CHECK_FALSE(key.verify(row.algorithm, row.text + "x", signature));
    CHECK_FALSE(key.verify(row.algorithm, row.text, signature.substr(1)));
    CHECK_FALSE(key.verify(row.algorithm, row.text, signature + '\0'));
    CHECK_FALSE(key.verify(row.algorithm, row.text, ""));
    for (std::size_t i = 0; i < signature.size(); i += 7) {
      std::string changed = signature;
      changed[i] = static_cast<char>(changed[i] ^ 1);
      CHECK_FALSE(key.verify(row.algorithm, row.text, changed));
    }
  }
}

TEST_CASE("signature: RFC 7515 A.1, a secret", "[base][crypto]") {
  const std::string text = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9." + kPayload;
  const auto secret =
      decode_base64url("AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow");
  const auto key = VerificationKey::from_secret(*secret).value();
  CHECK(key.verify(Algorithm::hs256, text, *decode_base64url("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")));
  CHECK_FALSE(key.verify(Algorithm::hs512, text, *decode_base64url("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")));
  CHECK_FALSE(key.verify(Algorithm::rs256, text, *decode_base64url("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk")));
}

TEST_CASE("signature: an algorithm belongs to one kind of key", "[base][crypto][security]") {
  const std::pair<std::string, std::vector<std::string_view>> rows[] = {
      {kRsaKey, {"RS256", "RS384", "RS512", "PS256", "PS384", "PS512"}}, {kEcKey, {"ES256"}}, {kEdKey, {"EdDSA"}}};
  for (const auto& [jwk, fitting] : rows) {
    const VerificationKey key = key_of(jwk);
    for (int i = 0; i <= static_cast<int>(Algorithm::hs512); ++i) {
      const auto algorithm = static_cast<Algorithm>(i);
      CAPTURE(jwk, name_of(algorithm));
      CHECK(key.fits(algorithm) == (std::find(fitting.begin(), fitting.end(), name_of(algorithm)) != fitting.end()));
    }
  }
  std::string tied = kRsaKey;
  tied.insert(1, R"("alg":"PS256",)");
  CHECK(key_of(tied).fits(Algorithm::ps256));
  CHECK_FALSE(key_of(tied).fits(Algorithm::rs256));
  const auto short_secret = VerificationKey::from_secret(std::string(32, 'x')).value();
  CHECK(short_secret.fits(Algorithm::hs256));
  CHECK_FALSE(short_secret.fits(Algorithm::hs512));
  CHECK_FALSE(algorithm_of("none"));
  CHECK_FALSE(algorithm_of("rs256"));
}

TEST_CASE("signature: r and s of zero are refused (CVE-2022-21449)", "[base][crypto][security]") {
  const VerificationKey key = key_of(kEcKey);
  CHECK_FALSE(key.verify(Algorithm::es256, "text", std::string(64, '\0')));
  CHECK_FALSE(key.verify(Algorithm::es256, "text", std::string(64, '\xff')));
}

TEST_CASE("signature: bad keys are refused", "[base][crypto][security]") {
  for (
      const char* bad :
      {R"({})", R"([])", R"({"kty":"oct","k":"AAAA"})", R"({"kty":"RSA","n":"AQAB","e":"AQAB"})",
       R"({"kty":"RSA","e":"AQAB"})", R"({"kty":"EC","crv":"P-256","x":"AA","y":"AA"})",
       R"({"kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"})",
       R"({"kty":"EC","crv":"secp256k1","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})",
       R"({"kty":"OKP","crv":"X25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})",
       R"({"kty":"OKP","crv":"Ed25519","x":"11qY"})"}) {
    CAPTURE(bad);
    CHECK_FALSE(error_of(bad).empty());
  }
  for (const char* extra : {R"("use":"enc",)", R"("key_ops":["sign"],)", R"("key_ops":[],)", R"("alg":"none",)",
                            R"("alg":"HS256",)", R"("alg":"RS256",)"}) {
    CAPTURE(extra);
    std::string jwk = kEcKey;
    jwk.insert(1, extra);
    CHECK_FALSE(error_of(jwk).empty());
  }
  for (const char* extra : {R"("use":"sig",)", R"("key_ops":["verify"],)", R"("alg":"ES256",)"}) {
    CAPTURE(extra);
    std::string jwk = kEcKey;
    jwk.insert(1, extra);
    CHECK(error_of(jwk).empty());
  }
  CHECK_FALSE(VerificationKey::from_secret("short"));
}
