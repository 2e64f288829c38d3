#include "filters/basic_auth/basic_auth.h"

#include <catch2/catch.hpp>
#include <future>

#include "base/base64.h"
#include "support/chain_harness.h"
#include "support/temporary_file.h"

using namespace outrigger;
using namespace std::chrono_literals;
using test::ChainHarness;
using test::TemporaryFile;

namespace {

// The password of both is "correct horse".
constexpr std::string_view kUsers =
    "# users\n"
    "alice:$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e\n"
    "bob:$6$rounds=1000$saltsalt$4GMtaIz3E1AdDi2SmCokEW0ehi."
    "HdxNDcL3fGE1XXuzvo6kbx7UOloZKONqEk5H3JrQA4NOfU8BmqFPrpGqwA1\r\n";

std::string basic(std::string_view plain) { return "Basic " + base::encode_base64(plain); }

struct Row {
  const char* what;
  test::Fields fields;
  int status;
};
const Row kRows[] = {
    {"bcrypt", {{"Authorization", basic("alice:correct horse")}}, 200},
    {"sha512-crypt", {{"authorization", basic("bob:correct horse")}}, 200},
    {"the scheme has no case", {{"Authorization", "bAsIc " + base::encode_base64("bob:correct horse")}}, 200},
    {"a wrong password", {{"Authorization", basic("alice:correct")}}, 401},
    {"the password of nobody", {{"Authorization", basic("carol:correct horse")}}, 401},
    {"names have case", {{"Authorization", basic("Alice:correct horse")}}, 401},
    {"an empty password", {{"Authorization", basic("alice:")}}, 401},
    {"no colon", {{"Authorization", basic("alice")}}, 401},
    {"no credentials", {}, 401},
    {"another scheme", {{"Authorization", "Bearer " + base::encode_base64("alice:correct horse")}}, 401},
    {"the scheme alone", {{"Authorization", "Basic"}}, 401},
    {"no base64", {{"Authorization", "Basic alice:correct horse"}}, 401},
    {"base64 without its padding", {{"Authorization", "Basic YTpi="}}, 401},
    {"a NUL in the password", {{"Authorization", basic(std::string_view("alice:correct horse\0x", 21))}}, 401},
    {"two fields", {{"Authorization", basic("alice:correct horse")}, {"Authorization", basic("alice:wrong")}}, 401},
    {"the hash is no password",
     {{"Authorization", basic("alice:$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e")}},
     401},
};

}  // namespace

TEST_CASE("basic auth: who is let through", "[filter][security]") {
  const TemporaryFile users(kUsers);
  ChainHarness chain("basic_auth: {realm: shop, users: '" + users.path() + "'}");
  for (const Row& row : kRows) {
    CAPTURE(row.what);
    const auto result = chain.send({"GET /", row.fields});
    CHECK(result.status == row.status);
    if (row.status == 401) CHECK(result.field("WWW-Authenticate") == "Basic realm=\"shop\", charset=\"UTF-8\"");
  }
}

TEST_CASE("basic auth: the service does not see the credentials, the chain knows the user", "[filter][security]") {
  const TemporaryFile users(kUsers);
  ChainHarness chain("[{basic_auth: {users: '" + users.path() + "'}}, {access: {rules: [{allow: {user: alice}}]}}]");
  CHECK(chain.send({"GET /", {{"Authorization", basic("alice:correct horse")}}}).status == 200);
  CHECK(chain.upstream_requests().at(0).field("Authorization").empty());
  CHECK(chain.send({"GET /", {{"Authorization", basic("bob:correct horse")}}}).status == 403);
  ChainHarness forward("basic_auth: {forward: true, users: '" + users.path() + "'}");
  forward.send({"GET /", {{"Authorization", basic("alice:correct horse")}}});
  CHECK_FALSE(forward.upstream_requests().at(0).field("Authorization").empty());
}

TEST_CASE("basic auth: a user who is not there costs a check like any other", "[filter][security]") {
  const auto users = std::make_shared<filters::UserFile>(filters::UserFile::parse(kUsers).value());
  bool is_known = true;
  CHECK(users->hash_of("carol", is_known).starts_with("$2b$"));
  CHECK_FALSE(is_known);
}

TEST_CASE("basic auth: credentials are checked once", "[filter][security]") {
  const auto users = std::make_shared<filters::UserFile>(filters::UserFile::parse(kUsers).value());
  filters::PasswordChecks checks(users, {});
  const filters::Credentials right{"alice", "correct horse"};
  Instant now{100s};
  const auto first = checks.find(right, now);
  REQUIRE(first.check);
  const auto second = checks.find(right, now);
  CHECK(second.check == first.check);
  CHECK(checks.find({"alice", "wrong"}, now).check != first.check);
  const auto done = std::make_shared<std::promise<void>>();
  if (first.check->when_done([done] { done->set_value(); })) done->get_future().wait();
  checks.remember(first.digest, first.check->is_right(), now);
  CHECK(checks.find(right, now).verdict == true);
  CHECK(checks.find(right, now + 4min).verdict == true);
  CHECK_FALSE(checks.find(right, now + 6min).verdict.has_value());
}

TEST_CASE("basic auth: wrong credentials are remembered for a short time", "[filter][security]") {
  const auto users = std::make_shared<filters::UserFile>(filters::UserFile::parse(kUsers).value());
  filters::PasswordChecks checks(users, {});
  const auto known = checks.find({"alice", "wrong"}, Instant{100s});
  checks.remember(known.digest, false, Instant{100s});
  CHECK(checks.find({"alice", "wrong"}, Instant{105s}).verdict == false);
  CHECK_FALSE(checks.find({"alice", "wrong"}, Instant{111s}).verdict.has_value());
}

TEST_CASE("basic auth: memory is bounded", "[filter][security]") {
  const auto users = std::make_shared<filters::UserFile>(filters::UserFile::parse(kUsers).value());
  filters::PasswordChecks checks(users, {});
  for (int i = 0; i < 20'000; ++i) checks.remember(base::crypto::sha256(std::to_string(i)), false, Instant{100s});
  CHECK(checks.size() == 10'000);
}

TEST_CASE("basic auth: bad files are refused when they are read", "[filter][security]") {
  for (const auto& [content, words] : std::initializer_list<std::pair<const char*, const char*>>{
           {"", "it has no users"},
           {"alice", "line 1 is not name:hash"},
           {":hash", "line 1 is not name:hash"},
           {"alice:secret", "no hash that is safe"},
           {"alice:{SHA}C+7Hteo/D9vJXQ3UfzxbwnXaijM=", "htpasswd -B"},
           {"alice:$2y$", "not a whole hash"}}) {
    CAPTURE(content);
    const TemporaryFile users(content);
    CHECK_THAT(ChainHarness::errors("basic_auth: {users: '" + users.path() + "'}"), Catch::Contains(words));
  }
  const TemporaryFile twice(std::string(kUsers) + std::string(kUsers.substr(8)));
  CHECK_THAT(ChainHarness::errors("basic_auth: {users: '" + twice.path() + "'}"), Catch::Contains("repeats the user"));
  const TemporaryFile good(kUsers);
  CHECK_THAT(ChainHarness::errors("basic_auth: {realm: 'a\"b', users: '" + good.path() + "'}"),
             Catch::Contains("a realm has no quotes"));
}
