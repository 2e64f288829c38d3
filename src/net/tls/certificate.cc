#include "net/tls/certificate.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>

namespace outrigger::net::tls {

namespace {

struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

// Appends one subject alternative name: an IP address when it reads as one, else a DNS name.
bool add_name(GENERAL_NAMES* names, const std::string& text) {
  GENERAL_NAME* name = GENERAL_NAME_new();
  if (ASN1_OCTET_STRING* address = a2i_IPADDRESS(text.c_str())) {
    GENERAL_NAME_set0_value(name, GEN_IPADD, address);
  } else {
    ASN1_IA5STRING* dns = ASN1_IA5STRING_new();
    ASN1_STRING_set(dns, text.data(), static_cast<int>(text.size()));
    GENERAL_NAME_set0_value(name, GEN_DNS, dns);
  }
  ERR_clear_error();  // a2i_IPADDRESS complains about every host name
  return sk_GENERAL_NAME_push(names, name) > 0;
}

bool add_extension(X509* certificate, int kind, const char* value) {
  X509_EXTENSION* extension = X509V3_EXT_conf_nid(nullptr, nullptr, kind, value);
  const bool added = extension != nullptr && X509_add_ext(certificate, extension, -1) == 1;
  X509_EXTENSION_free(extension);
  return added;
}

bool describe_subject(X509* certificate, const std::vector<std::string>& names) {
  X509_NAME* subject = X509_get_subject_name(certificate);
  const auto* common_name = reinterpret_cast<const unsigned char*>("outrigger self-signed");
  if (X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, common_name, -1, -1, 0) != 1) return false;
  if (X509_set_issuer_name(certificate, subject) != 1) return false;
  const std::unique_ptr<GENERAL_NAMES, FreeNames> all(GENERAL_NAMES_new());
  for (const char* name : {"localhost", "127.0.0.1", "::1"}) {
    if (!add_name(all.get(), name)) return false;
  }
  for (const auto& name : names) {
    if (!add_name(all.get(), name)) return false;
  }
  return X509_add1_ext_i2d(certificate, NID_subject_alt_name, all.get(), 0, X509V3_ADD_DEFAULT) == 1;
}

bool fill(X509* certificate, EVP_PKEY* key, const std::vector<std::string>& names, std::time_t from,
          std::time_t until) {
  unsigned char random[8];
  if (RAND_bytes(random, sizeof random) != 1) return false;
  std::uint64_t serial = 0;
  for (const unsigned char byte : random) serial = serial << 8 | byte;
  return X509_set_version(certificate, 2) == 1 &&  // 2 means version 3
         ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1 | 1) == 1 &&
         ASN1_TIME_set(X509_getm_notBefore(certificate), from) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), until) != nullptr && X509_set_pubkey(certificate, key) == 1 &&
         describe_subject(certificate, names) &&
         add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
         add_extension(certificate, NID_key_usage, "critical,digitalSignature") &&
         add_extension(certificate, NID_ext_key_usage, "serverAuth") && X509_sign(certificate, key, EVP_sha256()) > 0;
}

std::string content(BIO* bio) {
  const char* data = nullptr;
  const long size = BIO_get_mem_data(bio, &data);
  std::string text(data, static_cast<std::size_t>(size));
  BIO_free(bio);
  return text;
}

}  // namespace

void FreeKey::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }
void FreeCertificate::operator()(x509_st* certificate) const { X509_free(certificate); }

std::expected<CertifiedKey, std::string> make_self_signed(const std::vector<std::string>& names,
                                                          std::chrono::system_clock::time_point from,
                                                          std::chrono::system_clock::time_point until) {
  for (const auto& name : names) {
    const bool plain = std::ranges::all_of(name, [](unsigned char c) { return c > ' ' && c < 0x7f; });
    if (name.empty() || !plain) return std::unexpected("\"" + name + "\" is no host name for a certificate");
  }
  ERR_clear_error();
  CertifiedKey made{CertificateHandle(X509_new()), KeyHandle(EVP_EC_gen("P-256"))};
  using Clock = std::chrono::system_clock;
  if (made.key && made.certificate &&
      fill(made.certificate.get(), made.key.get(), names, Clock::to_time_t(from), Clock::to_time_t(until))) {
    return made;
  }
  const char* reason = ERR_reason_error_string(ERR_peek_error());
  ERR_clear_error();
  return std::unexpected(std::string("cannot make a certificate: ") + (reason != nullptr ? reason : "unknown error"));
}

std::string to_pem(x509_st* certificate) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_X509(bio, certificate);
  return content(bio);
}

std::string to_pem(evp_pkey_st* key) {
  BIO* bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bio, key, nullptr, nullptr, 0, nullptr, nullptr);
  return content(bio);
}

}  // namespace outrigger::net::tls
