#include "net/tls/expected_names.h"

#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <algorithm>
#include <memory>

#include "base/text.h"
#include "net/address.h"

namespace outrigger::net::tls {

namespace {

struct FreeNames {
  void operator()(GENERAL_NAMES* names) const { GENERAL_NAMES_free(names); }
};

int place_in_context() {
  static const int kIndex = SSL_CTX_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return kIndex;
}

// Compared as it stands: RFC 3986 section 6.2.1, and no NUL can hide what follows it.
bool has_uri(x509_st* certificate, std::string_view uri) {
  const std::unique_ptr<GENERAL_NAMES, FreeNames> names(
      static_cast<GENERAL_NAMES*>(X509_get_ext_d2i(certificate, NID_subject_alt_name, nullptr, nullptr)));
  for (int i = 0; names && i < sk_GENERAL_NAME_num(names.get()); ++i) {
    const GENERAL_NAME* const name = sk_GENERAL_NAME_value(names.get(), i);
    if (name->type != GEN_URI) continue;
    const ASN1_IA5STRING* const text = name->d.uniformResourceIdentifier;
    if (uri == std::string_view(reinterpret_cast<const char*>(ASN1_STRING_get0_data(text)),
                                static_cast<std::size_t>(ASN1_STRING_length(text)))) {
      return true;
    }
  }
  return false;
}

bool has_name(x509_st* certificate, const std::string& name) {
  constexpr unsigned kFlags = X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS | X509_CHECK_FLAG_NEVER_CHECK_SUBJECT;
  std::array<std::byte, 16> storage{};
  if (name.contains("://")) return has_uri(certificate, name);
  if (name.contains('@')) return X509_check_email(certificate, name.data(), name.size(), kFlags) == 1;
  if (!ip_bytes(name, storage).empty()) return X509_check_ip_asc(certificate, name.c_str(), 0) == 1;
  return X509_check_host(certificate, name.data(), name.size(), kFlags, nullptr) == 1;
}

// Behind OpenSSL's own checks, for every certificate of the chain; the server's own is at depth 0.
int on_verified(int is_good, X509_STORE_CTX* chain) {
  if (is_good != 1 || X509_STORE_CTX_get_error_depth(chain) != 0) return is_good;
  auto* const session = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(chain, SSL_get_ex_data_X509_STORE_CTX_idx()));
  if (ExpectedNames::of(SSL_get_SSL_CTX(session))->match(X509_STORE_CTX_get_current_cert(chain))) return 1;
  X509_STORE_CTX_set_error(chain, X509_V_ERR_HOSTNAME_MISMATCH);
  return 0;
}

}  // namespace

bool ExpectedNames::match(x509_st* certificate) const {
  return std::ranges::any_of(names_, [&](const std::string& name) { return has_name(certificate, name); });
}

void ExpectedNames::apply(ssl_ctx_st* context) const {
  if (empty()) return;
  SSL_CTX_set_ex_data(context, place_in_context(), const_cast<ExpectedNames*>(this));
  SSL_CTX_set_verify(context, SSL_VERIFY_PEER, &on_verified);
}

const ExpectedNames* ExpectedNames::of(ssl_ctx_st* context) {
  return static_cast<const ExpectedNames*>(SSL_CTX_get_ex_data(context, place_in_context()));
}

std::string ExpectedNames::text() const { return base::joined(names_, ", "); }

}  // namespace outrigger::net::tls
