#include "base/crypto/password_hash.h"

#include <catch2/catch.hpp>

using namespace outrigger::base::crypto;

namespace {
// Made by Python's crypt.crypt("correct horse", ...).
constexpr const char* kHashes[] = {
    "$2b$04$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
    "$6$rounds=1000$saltsalt$4GMtaIz3E1AdDi2SmCokEW0ehi.HdxNDcL3fGE1XXuzvo6kbx7UOloZKONqEk5H3JrQA4NOfU8BmqFPrpGqwA1",
    "$5$rounds=1000$saltsalt$R6e4P8ccT9iMqkYg7Z8YtpId/lfsIfnuPkp8WXposU8",
    "$y$j75$saltsaltsalt$zQziiNee/3jd.PJJvsNgy7GH5uO3HbsUNcQ3Jsopj2B",
};
}  // namespace

TEST_CASE("password hash: the right password and no other", "[base][crypto]") {
  for (const std::string hash : kHashes) {
    CAPTURE(hash);
    CHECK(check_password_hash(hash).empty());
    CHECK(verify_password("correct horse", hash));
    for (const char* wrong : {"", "correct", "Correct horse", "correct horse "})
      CHECK_FALSE(verify_password(wrong, hash));
    CHECK_FALSE(verify_password(std::string("correct horse\0x", 15), hash));
  }
}

TEST_CASE("password hash: weak, broken and slow ones are refused", "[base][crypto][security]") {
  for (const char* bad : {"", "secret", "{SHA}C+7Hteo/D9vJXQ3UfzxbwnXaijM=", "$apr1$abcdefgh$1234567890123456789012",
                          "abJnggxhB/yWI", "$1$salt$1234567890123456789012", "$2y$", "$2y$10$short", "$6$salt",
                          "$6$salt$", "$6$rounds=999999999$salt$aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                          "$2b$15$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
                          "$2b$31$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e",
                          "$2b$xx$abcdefghijklmnopqrstuujydOTSfIH/d5oUHpsygqV5X9xJLQc6e", "*", "!"}) {
    CAPTURE(bad);
    CHECK_FALSE(check_password_hash(bad).empty());
  }
}
