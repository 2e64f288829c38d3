#include "base/crypto/password_hash.h"

#include <crypt.h>
#include <openssl/crypto.h>

#include <charconv>
#include <memory>

#include "base/crypto/digest.h"

namespace outrigger::base::crypto {
namespace {

constexpr unsigned kMostRounds = 500'000;
constexpr unsigned kLeastCost = 4;
constexpr unsigned kMostCost = 14;

unsigned number_at(const std::string& text, std::size_t at) {
  unsigned value = 0;
  if (at < text.size()) std::from_chars(text.data() + at, text.data() + text.size(), value);
  return value;
}

bool is_bcrypt(const std::string& hash) {
  return hash.starts_with("$2a$") || hash.starts_with("$2b$") || hash.starts_with("$2y$");
}

std::string check_cost(const std::string& hash) {
  if (is_bcrypt(hash)) {
    const unsigned cost = number_at(hash, 4);
    return cost >= kLeastCost && cost <= kMostCost ? "" : "has no bcrypt cost from 4 to 14";
  }
  constexpr std::string_view kRounds = "$rounds=";
  if (hash.substr(2).starts_with(kRounds) && number_at(hash, 2 + kRounds.size()) > kMostRounds) {
    return "has more than 500000 rounds";
  }
  return "";
}

struct Scratch {
  crypt_data data{};
  ~Scratch() { OPENSSL_cleanse(&data, sizeof data); }
};

// The hash of `password` by the method and salt of `setting`; empty if that is no setting.
std::string hashed(const std::string& password, const std::string& setting) {
  const auto scratch = std::make_unique<Scratch>();
  const char* made = crypt_r(password.c_str(), setting.c_str(), &scratch->data);
  return made == nullptr || *made == '*' ? std::string() : std::string(made);
}

}  // namespace

std::string check_password_hash(const std::string& hash) {
  const bool is_known =
      is_bcrypt(hash) || hash.starts_with("$6$") || hash.starts_with("$5$") || hash.starts_with("$y$");
  if (!is_known) return "is no hash that is safe to use: make it with bcrypt (htpasswd -B) or sha512-crypt";
  // bcrypt hashes have one length, the others end in a hash behind the last "$".
  const bool is_whole = is_bcrypt(hash) ? hash.size() == 60 : hash.size() - hash.rfind('$') > 40;
  if (!is_whole || crypt_checksalt(hash.c_str()) == CRYPT_SALT_INVALID) return "is not a whole hash";
  return check_cost(hash);
}

bool verify_password(const std::string& password, const std::string& hash) {
  if (password.contains('\0')) return false;
  const std::string made = hashed(password, hash);
  return !made.empty() && equal(made, hash);
}

}  // namespace outrigger::base::crypto
