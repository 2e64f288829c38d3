#pragma once

#include <chrono>
#include <cstdint>
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

enum class Usage : std::uint8_t { server, client, authority };

struct CertificateRequest {
  std::string common_name;
  std::vector<std::string> names{};  // host names, IP addresses, URIs
  Usage usage = Usage::server;
  std::chrono::system_clock::time_point from, until;
};

// A new ECDSA P-256 key and a certificate for it, signed by `issuer`, or by itself if that is null. Errors: a name that
// is no ASCII, or OpenSSL's reason. Thread: any.
std::expected<CertifiedKey, std::string> make_certificate(const CertificateRequest& request,
                                                          const CertifiedKey* issuer = nullptr);

// The same for servers called localhost, 127.0.0.1, ::1 or one of `names`, signed by itself.
std::expected<CertifiedKey, std::string> make_self_signed(const std::vector<std::string>& names,
                                                          std::chrono::system_clock::time_point from,
                                                          std::chrono::system_clock::time_point until);

// What a person wants to know of a certificate.
struct CertificateSummary {
  std::string subject, issuer;     // RFC 2253 text
  std::vector<std::string> names;  // "DNS:a.example", "IP:127.0.0.1", "URI:spiffe://a"
  std::string key;                 // "ECDSA P-256", "RSA 2048"
  std::string fingerprint;         // SHA-256, hexadecimal
  std::chrono::system_clock::time_point from, until;
  bool is_authority = false;
};
CertificateSummary summarize(x509_st* certificate);

// PEM text; the key unencrypted.
std::string to_pem(x509_st* certificate);
std::string to_pem(evp_pkey_st* key);

}  // namespace outrigger::net::tls
