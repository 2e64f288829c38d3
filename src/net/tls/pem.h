#pragma once

#include <expected>
#include <memory>
#include <string>
#include <vector>

#include "net/tls/certificate.h"
#include "net/tls/server_options.h"

struct ssl_ctx_st;
struct X509_crl_st;
struct bio_st;

// Files in PEM form. Errors are one line that names the file. Blocking; not on a worker.
namespace outrigger::net::tls {

struct FreeRevocations {
  void operator()(X509_crl_st* list) const;
};
using RevocationsHandle = std::unique_ptr<X509_crl_st, FreeRevocations>;

std::expected<std::string, std::string> read_file(const std::string& path);

// Certificates of a PEM text, in order; empty when the first is not one.
std::vector<CertificateHandle> parse_chain(const std::string& text);
// Revocation lists of a PEM text, in order; empty when the first is not one.
std::vector<RevocationsHandle> parse_revocations(const std::string& text);

struct CertificatePair {
  std::vector<CertificateHandle> chain{};  // its own certificate first, never empty
  KeyHandle key{};
  std::string source{};  // for errors: the certificate's file
  std::string digest{};  // of the certificate's text
};
// Both files; a key that does not match the certificate is an error.
std::expected<CertificatePair, std::string> read_pair(const CertificateFiles& files);
// Lets `context` show the pair, beside pairs with other kinds of keys. False: OpenSSL has a reason.
bool use_pair(ssl_ctx_st* context, const CertificatePair& pair);

// The private key in a file; an encrypted one is an error.
std::expected<KeyHandle, std::string> read_key(const std::string& path);

// What was written into a memory BIO, which is freed.
std::string content(bio_st* bio);

// OpenSSL's first queued reason; the later ones only say where it went through. Clears the queue.
std::string openssl_reason();
// "cannot use WHAT: " and the reason.
std::string cannot_use(std::string_view what);
std::string cannot_set_up();

}  // namespace outrigger::net::tls
