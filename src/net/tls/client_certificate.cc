#include "net/tls/client_certificate.h"

#include <openssl/bn.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <ctime>

#include "base/crypto/digest.h"
#include "net/tls/pem.h"

namespace outrigger::net::tls {

struct ClientCheck::Files {
  std::vector<CertificateHandle> authorities;
  std::vector<RevocationsHandle> revocations;
};

ClientCheck::ClientCheck() = default;
ClientCheck::~ClientCheck() = default;
ClientCheck::ClientCheck(ClientCheck&&) noexcept = default;

std::expected<ClientCheck, std::string> ClientCheck::load(const ServerOptions& options) {
  ClientCheck check;
  std::string asked = options.is_client_required ? "required\n" : "optional\n";
  if (!options.client_ca.empty()) {
    const auto text = read_file(options.client_ca);
    if (!text) return std::unexpected(text.error());
    check.files_ = std::make_unique<Files>();
    check.files_->authorities = parse_chain(*text);
    if (check.files_->authorities.empty()) {
      return std::unexpected(options.client_ca + " holds no certificate in PEM form");
    }
    check.is_required_ = options.is_client_required;
    asked += *text;
  }
  if (check.files_ && !options.crl.empty()) {
    const auto text = read_file(options.crl);
    if (!text) return std::unexpected(text.error());
    check.files_->revocations = parse_revocations(*text);
    if (check.files_->revocations.empty()) {
      return std::unexpected(options.crl + " holds no revocation list in PEM form");
    }
    asked += '\n' + *text;
  }
  const auto digest = base::crypto::sha256(asked);
  check.digest_.assign(reinterpret_cast<const char*>(digest.data()), digest.size());
  return check;
}

std::optional<std::string> ClientCheck::apply(ssl_ctx_st* context) const {
  SSL_CTX_set_session_id_context(context, reinterpret_cast<const unsigned char*>(digest_.data()),
                                 static_cast<unsigned>(digest_.size()));
  if (!files_) return std::nullopt;
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  unsigned long flags = X509_V_FLAG_PARTIAL_CHAIN;
  for (const auto& authority : files_->authorities) {
    if (X509_STORE_add_cert(store, authority.get()) != 1 || SSL_CTX_add_client_CA(context, authority.get()) != 1) {
      return cannot_use("client_ca");
    }
  }
  for (const auto& list : files_->revocations) {
    if (X509_STORE_add_crl(store, list.get()) != 1) return cannot_use("crl");
    flags |= X509_V_FLAG_CRL_CHECK;
  }
  X509_STORE_set_flags(store, flags);
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER | (is_required_ ? SSL_VERIFY_FAIL_IF_NO_PEER_CERT : 0), nullptr);
  return std::nullopt;
}

std::optional<std::chrono::system_clock::time_point> ClientCheck::revocations_until() const {
  std::optional<std::chrono::system_clock::time_point> first;
  if (!files_) return first;
  for (const auto& list : files_->revocations) {
    const ASN1_TIME* const next = X509_CRL_get0_nextUpdate(list.get());
    std::tm time{};
    if (next == nullptr || ASN1_TIME_to_tm(next, &time) != 1) continue;
    const auto until = std::chrono::system_clock::from_time_t(::timegm(&time));
    if (!first || until < *first) first = until;
  }
  return first;
}

namespace {

struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};
using Names = std::unique_ptr<GENERAL_NAMES, FreeNames>;

std::string_view text_of(const ASN1_STRING* string) {
  return {reinterpret_cast<const char*>(ASN1_STRING_get0_data(string)),
          static_cast<std::size_t>(ASN1_STRING_length(string))};
}

// As texts that are printed, compared and forwarded: plain ASCII.
std::vector<std::string> names_of(x509_st* certificate, int kind) {
  std::vector<std::string> found;
  const Names all(static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; i < sk_GENERAL_NAME_num(all.get()); ++i) {
    const GENERAL_NAME* name = sk_GENERAL_NAME_value(all.get(), i);
    if (name->type != kind) continue;
    const std::string_view text = text_of(name->d.ia5);  // the same member for all three kinds
    const bool is_plain = std::ranges::all_of(text, [](unsigned char c) { return c > 0x20 && c < 0x7f; });
    if (is_plain && !text.empty()) found.emplace_back(text);
  }
  ERR_clear_error();
  return found;
}

// RFC 2253 text; what is no printable ASCII is escaped.
std::string printed(const X509_NAME* name) {
  BIO* bio = BIO_new(BIO_s_mem());
  X509_NAME_print_ex(bio, name, 0, XN_FLAG_RFC2253);
  return content(bio);
}

std::string common_name_of(const X509_NAME* name) {
  int last = -1;
  for (int at = -1; (at = X509_NAME_get_index_by_NID(name, NID_commonName, at)) >= 0;) last = at;
  if (last < 0) return {};
  unsigned char* utf8 = nullptr;
  const int size = ASN1_STRING_to_UTF8(&utf8, X509_NAME_ENTRY_get_data(X509_NAME_get_entry(name, last)));
  if (size < 0) return {};
  std::string text(reinterpret_cast<const char*>(utf8), static_cast<std::size_t>(size));
  OPENSSL_free(utf8);
  const bool is_printable = std::ranges::none_of(text, [](unsigned char c) { return c < 0x20 || c == 0x7f; });
  return is_printable ? text : std::string();
}

std::string serial_of(x509_st* certificate) {
  BIGNUM* number = ASN1_INTEGER_to_BN(X509_get0_serialNumber(certificate), nullptr);
  char* digits = BN_bn2hex(number);
  std::string text = digits != nullptr ? digits : "";
  OPENSSL_free(digits);
  BN_free(number);
  return text;
}

std::string fingerprint_of(x509_st* certificate) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  X509_digest(certificate, EVP_sha256(), digest, &size);
  return base::crypto::to_hex({digest, size});
}

}  // namespace

std::vector<std::string> dns_names(x509_st* certificate) {
  std::vector<std::string> names = names_of(certificate, GEN_DNS);
  if (!names.empty()) return names;
  // RFC 6125 section 6.4.4: the common name counts only where there is no other.
  if (std::string name = common_name_of(X509_get_subject_name(certificate)); !name.empty()) names.push_back(name);
  return names;
}

std::unique_ptr<ClientCertificate> proven_certificate(ssl_st* connection) {
  X509* certificate = SSL_get0_peer_certificate(connection);
  if (certificate == nullptr || SSL_get_verify_result(connection) != X509_V_OK) return nullptr;
  auto proven = std::make_unique<ClientCertificate>();
  const X509_NAME* subject = X509_get_subject_name(certificate);
  proven->subject = printed(subject);
  proven->common_name = common_name_of(subject);
  proven->fingerprint = fingerprint_of(certificate);
  proven->serial = serial_of(certificate);
  proven->uri = names_of(certificate, GEN_URI);
  proven->dns = names_of(certificate, GEN_DNS);
  proven->email = names_of(certificate, GEN_EMAIL);
  return proven;
}

}  // namespace outrigger::net::tls
