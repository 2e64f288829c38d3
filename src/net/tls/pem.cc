#include "net/tls/pem.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509.h>

#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

#include "base/crypto/digest.h"

namespace outrigger::net::tls {
namespace {

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using BioHandle = std::unique_ptr<BIO, FreeBio>;

BioHandle memory(const std::string& text) {
  return BioHandle(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// OpenSSL would ask on the terminal.
int refuse_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

}  // namespace

void FreeRevocations::operator()(X509_crl_st* list) const { X509_CRL_free(list); }

std::string content(BIO* bio) {
  const char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

std::string openssl_reason() {
  const char* reason = ERR_reason_error_string(ERR_peek_error());
  ERR_clear_error();
  return reason != nullptr ? reason : "unknown error";
}

std::string cannot_set_up() { return "cannot set up TLS: " + openssl_reason(); }

std::string cannot_use(std::string_view what) { return "cannot use " + std::string(what) + ": " + openssl_reason(); }

std::expected<std::string, std::string> read_file(const std::string& path) {
  errno = 0;
  std::ifstream file(path, std::ios::binary);
  std::ostringstream content;
  if (file) content << file.rdbuf();
  if (!file || errno != 0) {
    return std::unexpected("cannot read " + path + ": " + std::strerror(errno != 0 ? errno : EIO));
  }
  return std::move(content).str();
}

std::vector<CertificateHandle> parse_chain(const std::string& text) {
  std::vector<CertificateHandle> chain;
  const BioHandle source = memory(text);
  while (X509* next = PEM_read_bio_X509(source.get(), nullptr, nullptr, nullptr)) chain.emplace_back(next);
  ERR_clear_error();
  return chain;
}

std::vector<RevocationsHandle> parse_revocations(const std::string& text) {
  std::vector<RevocationsHandle> lists;
  const BioHandle source = memory(text);
  while (X509_CRL* next = PEM_read_bio_X509_CRL(source.get(), nullptr, nullptr, nullptr)) lists.emplace_back(next);
  ERR_clear_error();
  return lists;
}

std::expected<KeyHandle, std::string> read_key(const std::string& path) {
  auto text = read_file(path);
  if (!text) return std::unexpected(text.error());
  bool asked = false;
  KeyHandle key(PEM_read_bio_PrivateKey(memory(*text).get(), nullptr, &refuse_passphrase, &asked));
  OPENSSL_cleanse(text->data(), text->size());
  ERR_clear_error();
  if (key) return key;
  if (asked) return std::unexpected("the key in " + path + " is encrypted; store it without a passphrase");
  return std::unexpected(path + " holds no private key in PEM form");
}

std::expected<CertificatePair, std::string> read_pair(const CertificateFiles& files) {
  const auto text = read_file(files.cert);
  if (!text) return std::unexpected(text.error());
  CertificatePair pair;
  pair.source = files.cert;
  pair.chain = parse_chain(*text);
  if (pair.chain.empty()) return std::unexpected(files.cert + " holds no certificate in PEM form");
  auto key = read_key(files.key);
  if (!key) return std::unexpected(key.error());
  pair.key = std::move(*key);
  if (X509_check_private_key(pair.chain.front().get(), pair.key.get()) != 1) {
    ERR_clear_error();
    return std::unexpected("the key in " + files.key + " does not match the certificate in " + files.cert);
  }
  const auto digest = base::crypto::sha256(*text);
  pair.digest.assign(reinterpret_cast<const char*>(digest.data()), digest.size());
  return pair;
}

bool use_pair(ssl_ctx_st* context, const CertificatePair& pair) {
  if (SSL_CTX_use_certificate(context, pair.chain.front().get()) != 1) return false;
  for (std::size_t i = 1; i < pair.chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context, pair.chain[i].get()) != 1) return false;
  }
  return SSL_CTX_use_PrivateKey(context, pair.key.get()) == 1;
}

}  // namespace outrigger::net::tls
