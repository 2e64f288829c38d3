#include "net/tls/ticket_keys.h"

#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <cstdlib>
#include <cstring>

namespace outrigger::net::tls {
namespace {

constexpr std::size_t kMostKeys = 16;
constexpr std::size_t kKeySize = 80;
static_assert(sizeof(TicketKeys::Key) == kKeySize);

int keys_index() {
  static const int index = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

TicketKeys::Key random_key() {
  TicketKeys::Key key;
  if (RAND_bytes(reinterpret_cast<unsigned char*>(&key), sizeof key) != 1) std::abort();
  return key;
}

bool set_mac(EVP_MAC_CTX* mac, TicketKeys::Key& key) {
  char digest[] = "SHA256";
  const OSSL_PARAM parameters[] = {
      OSSL_PARAM_construct_octet_string(OSSL_MAC_PARAM_KEY, key.mac.data(), key.mac.size()),
      OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0), OSSL_PARAM_construct_end()};
  return EVP_MAC_CTX_set_params(mac, parameters) == 1;
}

// OpenSSL's contract: negative: broken; 0: no such key, a full handshake; 1: good; 2: good, and give a new ticket.
int seal_or_open(SSL* connection, unsigned char* name, unsigned char* iv, EVP_CIPHER_CTX* cipher, EVP_MAC_CTX* mac,
                 int seals) {
  auto* keys = static_cast<TicketKeys*>(SSL_CTX_get_ex_data(SSL_get_SSL_CTX(connection), keys_index()));
  const auto now = TicketKeys::Clock::now();
  TicketKeys::Key key;
  bool is_current = true;
  if (seals != 0) {
    key = keys->current(now);
    std::memcpy(name, key.name.data(), key.name.size());
    if (RAND_bytes(iv, EVP_CIPHER_get_iv_length(EVP_aes_256_cbc())) != 1) return -1;
  } else if (!keys->find(name, now, key, is_current)) {
    return 0;
  }
  const bool is_set =
      EVP_CipherInit_ex(cipher, EVP_aes_256_cbc(), nullptr, key.cipher.data(), iv, seals) == 1 && set_mac(mac, key);
  OPENSSL_cleanse(&key, sizeof key);
  if (!is_set) return -1;
  // RFC 8446 appendix C.4: a client uses a ticket of TLS 1.3 once, so it needs the next.
  const bool is_spent = seals == 0 && SSL_version(connection) >= TLS1_3_VERSION;
  return is_current && !is_spent ? 1 : 2;
}

bool decode_line(std::string_view line, TicketKeys::Key& key) {
  auto* out = reinterpret_cast<unsigned char*>(&key);
  std::size_t size = 0;
  const std::string text(line);  // NUL at the end
  return OPENSSL_hexstr2buf_ex(out, sizeof key, &size, text.c_str(), '\0') == 1 && size == sizeof key;
}

}  // namespace

TicketKeys::TicketKeys() : rotates_(true), keys_{random_key()}, made_at_(Clock::now()) {}

TicketKeys::TicketKeys(std::vector<Key> keys) : rotates_(false), keys_(std::move(keys)) {}

TicketKeys::~TicketKeys() { OPENSSL_cleanse(keys_.data(), keys_.size() * sizeof(Key)); }

std::expected<std::unique_ptr<TicketKeys>, std::string> TicketKeys::parse(std::string_view text) {
  std::vector<Key> keys;
  for (std::size_t number = 1; !text.empty(); ++number) {
    const auto end = text.find('\n');
    std::string_view line = text.substr(0, end);
    text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || line.starts_with('#')) continue;
    if (line.size() != 2 * kKeySize || !decode_line(line, keys.emplace_back())) {
      return std::unexpected("line " + std::to_string(number) +
                             " is no ticket key: 160 hexadecimal digits, as `openssl rand -hex 80` makes them");
    }
  }
  if (keys.empty()) return std::unexpected("holds no ticket key");
  if (keys.size() > kMostKeys) return std::unexpected("holds more than 16 ticket keys");
  return std::unique_ptr<TicketKeys>(new TicketKeys(std::move(keys)));
}

// Keys that are two periods old are gone, also when nobody came meanwhile.
void TicketKeys::rotate(Clock::time_point now) {
  if (!rotates_ || now - made_at_ < kPeriod) return;
  std::vector<Key> next = {random_key()};
  if (now - made_at_ < 2 * kPeriod) next.push_back(keys_.front());
  OPENSSL_cleanse(keys_.data(), keys_.size() * sizeof(Key));
  keys_ = std::move(next);
  made_at_ = now;
}

TicketKeys::Key TicketKeys::current(Clock::time_point now) {
  const std::lock_guard lock(mutex_);
  rotate(now);
  return keys_.front();
}

bool TicketKeys::find(const unsigned char* name, Clock::time_point now, Key& found, bool& is_current) {
  const std::lock_guard lock(mutex_);
  rotate(now);
  const auto key = std::ranges::find_if(
      keys_, [name](const Key& known) { return std::memcmp(known.name.data(), name, known.name.size()) == 0; });
  if (key == keys_.end()) return false;
  found = *key;
  is_current = key == keys_.begin();
  return true;
}

void TicketKeys::serve(ssl_ctx_st* context) {
  SSL_CTX_set_ex_data(context, keys_index(), this);
  SSL_CTX_set_tlsext_ticket_key_evp_cb(context, &seal_or_open);
}

}  // namespace outrigger::net::tls
