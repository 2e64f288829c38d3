#include "filters/jwt/jwt.h"

#include <catch2/catch.hpp>

#include "base/base64.h"
#include "base/crypto/digest.h"
#include "support/chain_harness.h"
#include "support/temporary_file.h"

using namespace outrigger;
using test::ChainHarness;
using test::Fields;
using test::TemporaryFile;

namespace {

const std::string kSecret = "0123456789abcdef0123456789abcdef";
// RFC 7515 appendix A.3.
const std::string kJwk =
    R"("kty":"EC","crv":"P-256","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU","y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0")";
const std::string kRfcToken =
    "eyJhbGciOiJFUzI1NiJ9."
    "eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ."
    "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q";

// The harness's clock stands at 1767323045.
const std::string kGood = R"({"iss":"joe","aud":"shop","sub":"alice","exp":1767323145})";

std::string sign(const std::string& head, const std::string& claims, const std::string& secret = kSecret) {
  const std::string text = base::encode_base64url(head) + "." + base::encode_base64url(claims);
  const auto mac = base::crypto::hmac_sha256(secret, text);
  return text + "." + base::encode_base64url({reinterpret_cast<const char*>(mac.data()), mac.size()});
}
std::string token(const std::string& claims) { return sign(R"({"alg":"HS256"})", claims); }
Fields bearer(const std::string& text) { return {{"Authorization", "Bearer " + text}}; }

// A chain whose tokens are signed with kSecret.
class Guarded {
 public:
  explicit Guarded(const std::string& options = "", const std::string& behind = "")
      : chain("[{jwt: {issuer: joe, audience: shop, secret: 'file:" + secret_.path() + "'" + options + "}}" + behind +
              "]") {}

 private:
  TemporaryFile secret_{kSecret};

 public:
  ChainHarness chain;
};

}  // namespace

TEST_CASE("jwt: a good token passes, its subject is the user", "[filter][security]") {
  Guarded guarded("", ", {access: {rules: [{allow: {user: alice}}]}}");
  CHECK(guarded.chain.send({"GET /", bearer(token(kGood))}).status == 200);
  CHECK(guarded.chain.upstream_requests().at(0).field("Authorization").starts_with("Bearer "));
}

TEST_CASE("jwt: claims", "[filter][security]") {
  struct Row {
    const char* what;
    const char* claims;
    const char* why;  // "": accepted
  };
  const Row rows[] = {
      {"all good", R"({"iss":"joe","aud":"shop","exp":1767323145})", ""},
      {"one of several audiences", R"({"iss":"joe","aud":["other","shop"],"exp":1767323145})", ""},
      {"expired within the leeway", R"({"iss":"joe","aud":"shop","exp":1767323016})", ""},
      {"expired", R"({"iss":"joe","aud":"shop","exp":1767323014})", "it has expired (exp)"},
      {"a date with a fraction", R"({"iss":"joe","aud":"shop","exp":1767323145.5})", ""},
      {"no expiry", R"({"iss":"joe","aud":"shop"})", "it never expires (no exp)"},
      {"an expiry that is text", R"({"iss":"joe","aud":"shop","exp":"1767323145"})", "it has expired (exp)"},
      {"an expiry that is null", R"({"iss":"joe","aud":"shop","exp":null})", "it has expired (exp)"},
      {"an expiry beyond all clocks", R"({"iss":"joe","aud":"shop","exp":1e300})", "it has expired (exp)"},
      {"a negative expiry", R"({"iss":"joe","aud":"shop","exp":-1})", "it has expired (exp)"},
      {"not yet", R"({"iss":"joe","aud":"shop","exp":1767323145,"nbf":1767323076})", "it is not valid yet (nbf)"},
      {"not yet within the leeway", R"({"iss":"joe","aud":"shop","exp":1767323145,"nbf":1767323075})", ""},
      {"nbf that is text", R"({"iss":"joe","aud":"shop","exp":1767323145,"nbf":"0"})", "it is not valid yet (nbf)"},
      {"made in the future", R"({"iss":"joe","aud":"shop","exp":1767323145,"iat":1767323100})",
       "it is not valid yet (iat)"},
      {"another issuer", R"({"iss":"eve","aud":"shop","exp":1767323145})", "it is of another issuer (iss)"},
      {"no issuer", R"({"aud":"shop","exp":1767323145})", "it is of another issuer (iss)"},
      {"an issuer in a list", R"({"iss":["joe"],"aud":"shop","exp":1767323145})", "it is of another issuer (iss)"},
      {"another audience", R"({"iss":"joe","aud":"bank","exp":1767323145})", "it is for another audience (aud)"},
      {"no audience", R"({"iss":"joe","exp":1767323145})", "it is for another audience (aud)"},
      {"an audience that begins alike", R"({"iss":"joe","aud":"shop2","exp":1767323145})",
       "it is for another audience (aud)"},
      {"an audience as an object", R"({"iss":"joe","aud":{"shop":1},"exp":1767323145})",
       "it is for another audience (aud)"},
      {"a claim twice", R"({"iss":"eve","iss":"joe","aud":"shop","exp":1767323145})", "stands twice"},
      {"no object", R"(["joe"])", "the claims is no object"},
      {"no JSON", "iss=joe", "no JSON"},
  };
  Guarded guarded;
  for (const Row& row : rows) {
    CAPTURE(row.what);
    const auto result = guarded.chain.send({"GET /", bearer(token(row.claims))});
    CHECK(result.status == (*row.why == '\0' ? 200 : 401));
    CHECK_THAT(result.why, Catch::Contains(row.why));
  }
}

TEST_CASE("jwt: attacks on tokens signed with a secret", "[filter][security]") {
  const std::string good = token(kGood);
  const std::string head = good.substr(0, good.find('.'));
  const std::string body = good.substr(0, good.rfind('.'));
  struct Row {
    const char* what;
    Fields fields;
  };
  const Row rows[] = {
      {"no token", {}},
      {"another scheme", {{"Authorization", "Basic " + good}}},
      {"the scheme alone", {{"Authorization", "Bearer"}}},
      {"two tokens", {{"Authorization", "Bearer " + good}, {"Authorization", "Bearer " + good}}},
      {"a token in the query is not looked for", {{"X-Token", good}}},
      {"alg none without signature",
       bearer(base::encode_base64url(R"({"alg":"none"})") + "." + base::encode_base64url(kGood) + ".")},
      {"alg none with a signature", bearer(sign(R"({"alg":"none"})", kGood))},
      {"alg None", bearer(sign(R"({"alg":"None"})", kGood))},
      {"alg NONE", bearer(sign(R"({"alg":"NONE"})", kGood))},
      {"alg empty", bearer(sign(R"({"alg":""})", kGood))},
      {"alg missing", bearer(sign(R"({"typ":"JWT"})", kGood))},
      {"alg a list", bearer(sign(R"({"alg":["HS256"]})", kGood))},
      {"alg a number", bearer(sign(R"({"alg":256})", kGood))},
      {"alg in lower case", bearer(sign(R"({"alg":"hs256"})", kGood))},
      {"alg twice", bearer(sign(R"({"alg":"none","alg":"HS256"})", kGood))},
      {"alg of another kind of key", bearer(sign(R"({"alg":"RS256"})", kGood))},
      {"HS512 with a secret too short for it", bearer(sign(R"({"alg":"HS512"})", kGood))},
      {"another secret", bearer(sign(R"({"alg":"HS256"})", kGood, "another-secret-another-secret-32"))},
      {"an empty secret", bearer(sign(R"({"alg":"HS256"})", kGood, ""))},
      {"critical extensions", bearer(sign(R"({"alg":"HS256","crit":["exp"],"exp":1})", kGood))},
      {"an empty list of critical extensions", bearer(sign(R"({"alg":"HS256","crit":[]})", kGood))},
      {"detached payload (b64)", bearer(sign(R"({"alg":"HS256","b64":false,"crit":["b64"]})", kGood))},
      {"kid is no text", bearer(sign(R"({"alg":"HS256","kid":1})", kGood))},
      {"another type", bearer(sign(R"({"alg":"HS256","typ":"logout+jwt"})", kGood))},
      {"an encrypted token's type", bearer(sign(R"({"alg":"HS256","typ":"JOSE+JSON"})", kGood))},
      {"a changed payload",
       bearer(head + "." + base::encode_base64url(R"({"iss":"joe","aud":"shop","exp":1767323999})") +
              good.substr(good.rfind('.')))},
      {"no signature", bearer(body + ".")},
      {"no dot before the signature", bearer(body)},
      {"a fourth part", bearer(good + ".")},
      {"five parts, as an encrypted token", bearer(good + ".a.b")},
      {"empty parts", bearer("..")},
      {"a padded signature", bearer(good + "=")},
      {"a padded head", bearer(head + "=" + good.substr(head.size()))},
      {"blanks inside", bearer(head + " " + good.substr(head.size()))},
      {"the signature written in standard base64",
       bearer(body + "." + base::encode_base64(*base::decode_base64url(good.substr(good.rfind('.') + 1))))},
      {"a signature cut short", bearer(good.substr(0, good.size() - 4))},
      {"the head is no object", bearer(sign(R"("HS256")", kGood))},
      {"the head is no JSON", bearer(sign("alg", kGood))},
      {"a head of many levels", bearer(sign(std::string(1000, '['), kGood))},
      {"a token of 20 KiB", bearer(sign(R"({"alg":"HS256"})", kGood + std::string(15'000, ' ')))},
  };
  Guarded guarded;
  REQUIRE(guarded.chain.send({"GET /", bearer(good)}).status == 200);
  for (const Row& row : rows) {
    CAPTURE(row.what);
    const auto result = guarded.chain.send({"GET /", row.fields});
    CHECK(result.status == 401);
    CHECK(result.field("WWW-Authenticate").starts_with("Bearer"));
    CHECK(result.body == "401 Unauthorized: " + std::string(describe(result.failure).text) + "\n");
  }
  CHECK(guarded.chain.upstream_calls() == 1);
}

TEST_CASE("jwt: attacks on tokens of a public key", "[filter][security]") {
  const TemporaryFile keys("{\"keys\":[{\"kid\":\"one\"," + kJwk + "}]}");
  ChainHarness chain("jwt: {issuer: joe, jwks: 'file:" + keys.path() + "'}");
  const auto why = [&](const std::string& text) { return chain.send({"GET /", bearer(text)}).why; };
  // The signature is good: only the RFC's example has expired.
  CHECK_THAT(why(kRfcToken), Catch::Contains("it has expired"));
  const std::string claims = R"({"iss":"joe","exp":1767323145})";
  for (const std::string& secret :
       {"{" + kJwk + "}", std::string("f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU"), std::string("one")}) {
    CHECK_THAT(why(sign(R"({"alg":"HS256"})", claims, secret)), Catch::Contains("there is no key for it"));
  }
  struct Row {
    const char* what;
    std::string head;
    const char* why;
  };
  const Row rows[] = {
      {"zeros as signature (CVE-2022-21449)", R"({"alg":"ES256"})", "its signature is wrong"},
      {"a key in the head", R"({"alg":"ES256","jwk":{)" + kJwk + "}}", "its signature is wrong"},
      {"a URL of keys in the head", R"({"alg":"ES256","jku":"http://127.0.0.1:1/"})", "its signature is wrong"},
      {"a certificate in the head", R"({"alg":"ES256","x5c":["MIIB"]})", "its signature is wrong"},
      {"a URL of certificates", R"({"alg":"ES256","x5u":"http://127.0.0.1:1/"})", "its signature is wrong"},
      {"another key's name", R"({"alg":"ES256","kid":"two"})", "there is no key for it"},
      {"a path as key name", R"({"alg":"ES256","kid":"../../dev/null"})", "there is no key for it"},
      {"an SQL statement as key name", R"({"alg":"ES256","kid":"one' OR '1'='1"})", "there is no key for it"},
      {"another curve's algorithm", R"({"alg":"ES512","kid":"one"})", "there is no key for it"},
      {"RSA's algorithm for a curve's key", R"({"alg":"RS256","kid":"one"})", "there is no key for it"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.what);
    CHECK_THAT(why(base::encode_base64url(row.head) + "." + base::encode_base64url(claims) + "." +
                   base::encode_base64url(std::string(64, '\0'))),
               Catch::Contains(row.why));
  }
}

TEST_CASE("jwt: only the algorithms that are listed", "[filter][security]") {
  Guarded guarded(", algorithms: [HS384]");
  CHECK_THAT(guarded.chain.send({"GET /", bearer(token(kGood))}).why, Catch::Contains("HS256 is not among those"));
}

TEST_CASE("jwt: of two in a chain each tells the service what its own token says", "[filter][security]") {
  const TemporaryFile ours(kSecret);
  const std::string other = "another-secret-another-secret-32";
  const TemporaryFile theirs(other);
  ChainHarness chain(
      "[{jwt: {issuer: gateway, secret: 'file:" + ours.path() +
      "', cookie: svc, claims_to_headers: {X-Svc: sub, X-Role: role}}}, {jwt: {issuer: joe, secret: 'file:" +
      theirs.path() + "', optional: true, claims_to_headers: {X-User: sub, X-User-Role: role}}}]");
  const std::string gateway = token(R"({"iss":"gateway","sub":"edge","role":"proxy","exp":1767323145})");
  const std::string user = sign(R"({"alg":"HS256"})", R"({"iss":"joe","sub":"bob","exp":1767323145})", other);
  CHECK(chain.send({"GET /", {{"Cookie", "svc=" + gateway}, {"Authorization", "Bearer " + user}}}).status == 200);
  CHECK(chain.send({"GET /", {{"Cookie", "svc=" + gateway}, {"X-User", "root"}}}).status == 200);
  const auto& both = chain.upstream_requests().at(0);
  CHECK(both.field("X-Svc") == "edge");
  CHECK(both.field("X-Role") == "proxy");
  CHECK(both.field("X-User") == "bob");
  CHECK(both.field("X-User-Role").empty());
  const auto& one = chain.upstream_requests().at(1);
  CHECK(one.field("X-Svc") == "edge");
  CHECK(one.field("X-User").empty());
}

TEST_CASE("jwt: claims reach rules, rates and the service", "[filter][security]") {
  const std::string claims =
      R"({"iss":"joe","aud":"shop","sub":"alice","exp":1767323145,"roles":["dev","ops"],"org":{"id":7,"name":"A\r\nB"},"scope":"read write"})";
  struct Row {
    const char* rule;
    int status;
  };
  for (const Row& row :
       {Row{"roles: ops", 200}, Row{"roles: admin", 403}, Row{"org.id: '7'", 200}, Row{"scope: write", 200},
        Row{"scope: 'read write'", 200}, Row{"scope: admin", 403}, Row{"org: 7", 403}}) {
    CAPTURE(row.rule);
    Guarded guarded("", std::string(", {access: {rules: [{allow: {claim: {") + row.rule + "}}}]}}");
    CHECK(guarded.chain.send({"GET /", bearer(token(claims))}).status == row.status);
  }
  Guarded guarded(
      ", forward: false, claims_to_headers: {X-User: sub, X-Role: roles, X-Org: org.name, X-None: missing}");
  auto fields = bearer(token(claims));
  for (const char* name : {"x-user", "X-User", "X_User", "x_user", "X-Role", "X-Org", "X-None"})
    fields.emplace_back(name, "admin");
  CHECK(guarded.chain.send({"GET /", fields}).status == 200);
  const auto& got = guarded.chain.upstream_requests().at(0);
  CHECK(test::values_of(got.fields, "X-User") == std::vector<std::string>{"alice"});
  CHECK(got.field("X_User").empty());
  CHECK(got.field("X-Role") == "dev");
  CHECK(got.field("X-Org").empty());
  CHECK(got.field("X-None").empty());
  CHECK(got.field("Authorization").empty());
}

TEST_CASE("jwt: identity fields of a client are gone, also without a token", "[filter][security]") {
  Guarded guarded(", optional: true, claims_to_headers: {X-User: sub}");
  CHECK(guarded.chain.send({"GET /", {{"X-User", "admin"}}}).status == 200);
  CHECK(guarded.chain.upstream_requests().at(0).field("X-User").empty());
  CHECK(guarded.chain.send({"GET /", bearer("broken")}).status == 401);
}

TEST_CASE("jwt: report lets pass without claims", "[filter][security]") {
  Guarded guarded(", mode: report, claims_to_headers: {X-User: sub}");
  auto fields = bearer(token(R"({"iss":"eve","aud":"shop","sub":"alice","exp":1767323145})"));
  fields.emplace_back("X-User", "admin");
  const auto result = guarded.chain.send({"GET /", fields});
  CHECK(result.status == 200);
  CHECK(result.why == "not enforced: the token is refused: it is of another issuer (iss)");
  CHECK(guarded.chain.upstream_requests().at(0).field("X-User").empty());
}

TEST_CASE("jwt: a token in a cookie", "[filter][security]") {
  Guarded guarded(", cookie: session, forward: false");
  CHECK(guarded.chain.send({"GET /", {{"Cookie", "a=b; session=" + token(kGood)}}}).status == 200);
  CHECK(guarded.chain.upstream_requests().at(0).field("Cookie") == "a=b");
  CHECK(guarded.chain.send({"GET /", bearer(token(kGood))}).status == 401);
}

TEST_CASE("jwt: bad options and files are refused when they are read", "[filter][security]") {
  const TemporaryFile good("{\"keys\":[{" + kJwk + "}]}");
  const TemporaryFile empty("{\"keys\":[]}");
  const TemporaryFile broken("keys");
  const TemporaryFile secret_set(R"({"keys":[{"kty":"oct","k":"AAAA"}]})");
  const TemporaryFile short_secret("short");
  for (const auto& [options, words] : std::initializer_list<std::pair<std::string, const char*>>{
           {"{issuer: joe}", "needs one of jwks and secret"},
           {"{jwks: " + good.path() + "}", "missing key \"issuer\""},
           {"{issuer: joe, jwks: " + empty.path() + "}", "no usable key"},
           {"{issuer: joe, jwks: " + broken.path() + "}", "is no JWK set"},
           {"{issuer: joe, jwks: " + secret_set.path() + "}", "kty"},
           {"{issuer: joe, secret: 'file:" + short_secret.path() + "'}", "at least 32 bytes"},
           {"{issuer: joe, secret: plain}", "file:/path or env:NAME"},
           {"{issuer: joe, algorithms: none, jwks: " + good.path() + "}", "is no algorithm"},
           {"{issuer: joe, algorithms: HS256, jwks: " + good.path() + "}", "is verified by a secret"},
           {"{issuer: joe, claims_to_headers: {Host: sub}, jwks: " + good.path() + "}", "Host"}}) {
    CAPTURE(options);
    CHECK_THAT(ChainHarness::errors("jwt: " + options), Catch::Contains(words));
  }
}
