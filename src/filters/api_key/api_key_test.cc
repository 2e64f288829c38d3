#include "filters/api_key/api_key.h"

#include <catch2/catch.hpp>

#include "support/chain_harness.h"
#include "support/temporary_file.h"

using namespace outrigger;
using filters::KeyFile;
using test::ChainHarness;
using test::TemporaryFile;

namespace {

std::string line(std::string_view key, const std::string& name) {
  return base::crypto::to_hex(base::crypto::sha256(key)) + " " + name + "\n";
}

struct Row {
  const char* what;
  const char* in;
  const char* target;
  test::Fields fields;
  int status;
};
const Row kRows[] = {
    {"the right key", "", "GET /", {{"x-api-key", "k1"}}, 200},
    {"another right key", "", "GET /", {{"X-API-Key", "k2"}}, 200},
    {"a wrong key", "", "GET /", {{"X-API-Key", "k3"}}, 401},
    {"no key", "", "GET /", {}, 401},
    {"an empty key", "", "GET /", {{"X-API-Key", ""}}, 401},
    {"two keys, one of them right", "", "GET /", {{"X-API-Key", "k1"}, {"X-API-Key", "k3"}}, 401},
    {"a list of keys is one key", "", "GET /", {{"X-API-Key", "k3, k1"}}, 401},
    {"the digest itself is no key",
     "",
     "GET /",
     {{"X-API-Key", "6ab9f1eb8f7d3388f4f9d586f66e99fd54080df2c446f0e58668b09c08a16dd0"}},
     401},
    {"keys have case", "", "GET /", {{"X-API-Key", "K1"}}, 401},
    {"the place of another option does not count", "", "GET /?X-API-Key=k1", {}, 401},
    {"another header", "in: {header: Token}, ", "GET /", {{"Token", "k1"}}, 200},
    {"a parameter", "in: {query: key}, ", "GET /?a=b&key=k1", {}, 200},
    {"a parameter twice", "in: {query: key}, ", "GET /?key=k1&key=k1", {}, 401},
    {"a cookie", "in: {cookie: key}, ", "GET /", {{"Cookie", "a=b; key=k1"}}, 200},
    {"a cookie twice", "in: {cookie: key}, ", "GET /", {{"Cookie", "key=k1; key=k3"}}, 401},
};

}  // namespace

TEST_CASE("api key: who is let through", "[filter][security]") {
  const TemporaryFile keys("# ours\n\n" + line("k1", "alice") + line("k2", "bob the  builder"));
  for (const Row& row : kRows) {
    CAPTURE(row.what);
    ChainHarness chain(std::string("api_key: {") + row.in + "keys: 'file:" + keys.path() + "'}");
    const auto result = chain.send({row.target, row.fields});
    CHECK(result.status == row.status);
    CHECK((result.field("WWW-Authenticate") == "ApiKey") == (row.status == 401));
  }
}

TEST_CASE("api key: the service does not see the key, unless it should", "[filter][security]") {
  const TemporaryFile keys(line("k1", "alice"));
  ChainHarness chain("api_key: {in: {cookie: key}, keys: '" + keys.path() + "'}");
  chain.send({"GET /", {{"Cookie", "a=b; key=k1"}}});
  CHECK(chain.upstream_requests().at(0).field("Cookie") == "a=b");
  ChainHarness query("api_key: {in: {query: key}, keys: '" + keys.path() + "'}");
  query.send("GET /p?key=k1&a=b");
  CHECK(query.upstream_requests().at(0).target == "/p?a=b");
  ChainHarness forward("api_key: {forward: true, keys: '" + keys.path() + "'}");
  forward.send({"GET /", {{"X-API-Key", "k1"}}});
  CHECK(forward.upstream_requests().at(0).field("X-API-Key") == "k1");
}

TEST_CASE("api key: the key's name is the user", "[filter][security]") {
  const TemporaryFile keys(line("k1", "alice"));
  ChainHarness chain("[{api_key: {keys: '" + keys.path() + "'}}, {access: {rules: [{allow: {user: alice}}]}}]");
  CHECK(chain.send({"GET /", {{"X-API-Key", "k1"}}}).status == 200);
}

TEST_CASE("api key: `why` tells a missing key from a wrong one, the client is not told", "[filter][security]") {
  const TemporaryFile keys(line("k1", "alice"));
  ChainHarness chain("api_key: {keys: '" + keys.path() + "'}");
  const auto missing = chain.send("GET /");
  CHECK(missing.failure == Failure::credentials_missing);
  const auto wrong = chain.send({"GET /", {{"X-API-Key", "secret-wrong"}}});
  CHECK(wrong.failure == Failure::credentials_wrong);
  CHECK_FALSE(wrong.why.contains("secret-wrong"));
}

TEST_CASE("api key: bad files are refused when they are read", "[filter][security]") {
  struct Bad {
    std::string content;
    const char* words;
  };
  const std::string good = line("k1", "");
  for (const Bad& bad :
       {Bad{"", "it has no keys"}, Bad{"# nothing\n", "it has no keys"}, Bad{"secret\n", "line 1 is no SHA-256"},
        Bad{good + "\nx", "line 3 is no SHA-256"}, Bad{good + good, "line 2 repeats a key"}}) {
    const TemporaryFile keys(bad.content);
    CHECK_THAT(ChainHarness::errors("api_key: {keys: '" + keys.path() + "'}"), Catch::Contains(bad.words));
  }
  CHECK_THAT(ChainHarness::errors("api_key: {keys: /nowhere}"), Catch::Contains("/nowhere"));
}
