#include "net/tls/certificate.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>

#include "base/crypto/digest.h"
#include "net/tls/pem.h"

namespace outrigger::net::tls {

namespace {

struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

ASN1_IA5STRING* ia5(const std::string& text) {
  ASN1_IA5STRING* made = ASN1_IA5STRING_new();
  ASN1_STRING_set(made, text.data(), static_cast<int>(text.size()));
  return made;
}

// Appends one subject alternative name: an IP address or a URI when it reads as one, else a DNS name.
bool add_name(GENERAL_NAMES* names, const std::string& text) {
  GENERAL_NAME* name = GENERAL_NAME_new();
  if (text.contains("://")) {
    GENERAL_NAME_set0_value(name, GEN_URI, ia5(text));
  } else if (ASN1_OCTET_STRING* address = a2i_IPADDRESS(text.c_str())) {
    GENERAL_NAME_set0_value(name, GEN_IPADD, address);
  } else {
    GENERAL_NAME_set0_value(name, GEN_DNS, ia5(text));
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

bool describe_subject(X509* certificate, const CertificateRequest& request) {
  X509_NAME* subject = X509_get_subject_name(certificate);
  const auto* common_name = reinterpret_cast<const unsigned char*>(request.common_name.c_str());
  if (X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC, common_name, -1, -1, 0) != 1) return false;
  if (request.names.empty()) return true;
  const std::unique_ptr<GENERAL_NAMES, FreeNames> all(GENERAL_NAMES_new());
  for (const auto& name : request.names) {
    if (!add_name(all.get(), name)) return false;
  }
  return X509_add1_ext_i2d(certificate, NID_subject_alt_name, all.get(), 0, X509V3_ADD_DEFAULT) == 1;
}

bool describe_usage(X509* certificate, Usage usage) {
  if (usage == Usage::authority) {
    return add_extension(certificate, NID_basic_constraints, "critical,CA:TRUE,pathlen:0") &&
           add_extension(certificate, NID_key_usage, "critical,keyCertSign,cRLSign");
  }
  return add_extension(certificate, NID_basic_constraints, "critical,CA:FALSE") &&
         add_extension(certificate, NID_key_usage, "critical,digitalSignature") &&
         add_extension(certificate, NID_ext_key_usage, usage == Usage::client ? "clientAuth" : "serverAuth");
}

bool fill(const CertifiedKey& made, const CertificateRequest& request, const CertifiedKey& issuer) {
  using Clock = std::chrono::system_clock;
  X509* certificate = made.certificate.get();
  unsigned char random[8];
  if (RAND_bytes(random, sizeof random) != 1) return false;
  std::uint64_t serial = 0;
  for (const unsigned char byte : random) serial = serial << 8 | byte;
  return X509_set_version(certificate, 2) == 1 &&  // 2 means version 3
         ASN1_INTEGER_set_uint64(X509_get_serialNumber(certificate), serial >> 1 | 1) == 1 &&
         ASN1_TIME_set(X509_getm_notBefore(certificate), Clock::to_time_t(request.from)) != nullptr &&
         ASN1_TIME_set(X509_getm_notAfter(certificate), Clock::to_time_t(request.until)) != nullptr &&
         X509_set_pubkey(certificate, made.key.get()) == 1 && describe_subject(certificate, request) &&
         X509_set_issuer_name(certificate, X509_get_subject_name(issuer.certificate.get())) == 1 &&
         describe_usage(certificate, request.usage) && X509_sign(certificate, issuer.key.get(), EVP_sha256()) > 0;
}

}  // namespace

void FreeKey::operator()(evp_pkey_st* key) const { EVP_PKEY_free(key); }
void FreeCertificate::operator()(x509_st* certificate) const { X509_free(certificate); }

std::expected<CertifiedKey, std::string> make_certificate(const CertificateRequest& request,
                                                          const CertifiedKey* issuer) {
  for (const auto& name : request.names) {
    const bool plain = std::ranges::all_of(name, [](unsigned char c) { return c > ' ' && c < 0x7f; });
    if (name.empty() || !plain) return std::unexpected("\"" + name + "\" is no host name for a certificate");
  }
  ERR_clear_error();
  CertifiedKey made{CertificateHandle(X509_new()), KeyHandle(EVP_EC_gen("P-256"))};
  if (made.key && made.certificate && fill(made, request, issuer != nullptr ? *issuer : made)) return made;
  return std::unexpected("cannot make a certificate: " + openssl_reason());
}

std::expected<CertifiedKey, std::string> make_self_signed(const std::vector<std::string>& names,
                                                          std::chrono::system_clock::time_point from,
                                                          std::chrono::system_clock::time_point until) {
  CertificateRequest request{.common_name = "outrigger self-signed",
                             .names = {"localhost", "127.0.0.1", "::1"},
                             .usage = Usage::server,
                             .from = from,
                             .until = until};
  request.names.insert(request.names.end(), names.begin(), names.end());
  return make_certificate(request);
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

namespace {

std::string printed(const X509_NAME* name) {
  BIO* bio = BIO_new(BIO_s_mem());
  X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253);
  return content(bio);
}

std::chrono::system_clock::time_point time_of(const ASN1_TIME* time) {
  std::tm parts{};
  ASN1_TIME_to_tm(time, &parts);
  return std::chrono::system_clock::from_time_t(::timegm(&parts));
}

std::vector<std::string> names_of(const X509* certificate) {
  std::vector<std::string> names;
  const std::unique_ptr<GENERAL_NAMES, FreeNames> all(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(all.get()); ++i) {
    BIO* bio = BIO_new(BIO_s_mem());
    GENERAL_NAME_print(bio, sk_GENERAL_NAME_value(all.get(), i));
    names.push_back(content(bio));
  }
  return names;
}

std::string key_of(x509_st* certificate) {
  const EVP_PKEY* key = X509_get0_pubkey(certificate);
  if (key == nullptr) return "of no known kind";
  const char* kind = OBJ_nid2sn(EVP_PKEY_get_base_id(key));
  return (EVP_PKEY_get_base_id(key) == EVP_PKEY_EC    ? "ECDSA P-"
          : EVP_PKEY_get_base_id(key) == EVP_PKEY_RSA ? "RSA "
                                                      : std::string(kind != nullptr ? kind : "?") + " ") +
         std::to_string(EVP_PKEY_get_bits(key));
}

}  // namespace

CertificateSummary summarize(x509_st* certificate) {
  CertificateSummary summary;
  summary.subject = printed(X509_get_subject_name(certificate));
  summary.issuer = printed(X509_get_issuer_name(certificate));
  summary.names = names_of(certificate);
  summary.key = key_of(certificate);
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  X509_digest(certificate, EVP_sha256(), digest, &size);
  summary.fingerprint = base::crypto::to_hex({digest, size});
  summary.from = time_of(X509_get0_notBefore(certificate));
  summary.until = time_of(X509_get0_notAfter(certificate));
  summary.is_authority = X509_check_ca(certificate) > 0;
  return summary;
}

}  // namespace outrigger::net::tls
