#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <string>
#include <vector>

struct evp_pkey_st;
struct x509_st;

namespace outrigger::net::tls {

struct FreeKey {
  void operator()(evp_pkey_st* key) const;
};
struct FreeCertificate {
  void operator()(x509_st* certificate) const;
};
using KeyHandle = std::unique_ptr<evp_pkey_st, FreeKey>;
using CertificateHandle = std::unique_ptr<x509_st, FreeCertificate>;

struct CertifiedKey {
  CertificateHandle certificate;
  KeyHandle key;
};

// A new ECDSA P-256 key and a certificate for it, signed by itself, for servers called localhost, 127.0.0.1, ::1 or
// one of `names` (host names and IP addresses). Errors: a name that is no ASCII, or OpenSSL's reason. Thread: any.
std::expected<CertifiedKey, std::string> make_self_signed(const std::vector<std::string>& names,
                                                          std::chrono::system_clock::time_point from,
                                                          std::chrono::system_clock::time_point until);

// PEM text; the key unencrypted.
std::string to_pem(x509_st* certificate);
std::string to_pem(evp_pkey_st* key);

}  // namespace outrigger::net::tls
