#include "net/tls/context.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <cstdlib>
#include <utility>

#include "net/tls/context_rules.h"
#include "net/tls/pem.h"
#include "net/tls/session_cache.h"

namespace outrigger::net::tls {

namespace {

// Protocols in wire form, best first.
constexpr unsigned char kServed[] = "\x02h2\x08http/1.1";

constexpr const char* kTls12Suites =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

std::string_view wire_form(Offer offer) {
  switch (offer) {
    case Offer::http1:
      return "\x08http/1.1";
    case Offer::http2:
      return "\x02h2";
    case Offer::nothing:
      return {};
    case Offer::both:
      break;
  }
  return {reinterpret_cast<const char*>(kServed), sizeof kServed - 1};
}

int select_protocol(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* offered,
                    unsigned offered_length, void*) {
  unsigned char* selected = nullptr;
  const int found = SSL_select_next_proto(&selected, out_length, kServed, sizeof kServed - 1, offered, offered_length);
  *out = selected;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

}  // namespace

// The rules of both sides. The read-ahead buffer keeps OpenSSL's own size, one full record (16.7 KiB): one recv brings
// what is there, and RELEASE_BUFFERS gives it back while a connection is idle.
ContextHandle new_context(const SSL_METHOD* method) {
  ERR_clear_error();
  ContextHandle context(SSL_CTX_new(method));
  if (!context) return nullptr;
  if (SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION) != 1) return nullptr;
  if (SSL_CTX_set_cipher_list(context.get(), kTls12Suites) != 1) return nullptr;
  SSL_CTX_set_options(context.get(), SSL_OP_NO_RENEGOTIATION | SSL_OP_NO_COMPRESSION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                                         SSL_OP_PRIORITIZE_CHACHA);
  SSL_CTX_set_mode(context.get(),
                   SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_session_cache_mode(context.get(), SSL_SESS_CACHE_OFF);
  SSL_CTX_set_read_ahead(context.get(), 1);
  return context;
}

ContextHandle new_server_context(Policy policy, bool negotiates) {
  ContextHandle context = new_context(TLS_server_method());
  if (!context) return nullptr;
  if (policy == Policy::modern && SSL_CTX_set_min_proto_version(context.get(), TLS1_3_VERSION) != 1) return nullptr;
  SSL_CTX_set_max_early_data(context.get(), 0);
  SSL_CTX_set_num_tickets(context.get(), 1);  // a connection uses one up and gets one; the next is 4 % of a handshake
  if (negotiates) SSL_CTX_set_alpn_select_cb(context.get(), &select_protocol, nullptr);
  return context;
}

void FreeContext::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

ClientContext::ClientContext(ContextHandle context, bool verifies, ExpectedNames names, std::string digest)
    : context_(std::move(context)), verifies_(verifies), names_(std::move(names)), digest_(std::move(digest)) {
  if (verifies_) names_.apply(context_.get());
}

void ClientContext::set_offer(ssl_st* connection, Offer offer) {
  const std::string_view offered = wire_form(offer);
  SSL_set_alpn_protos(connection, reinterpret_cast<const unsigned char*>(offered.data()),
                      static_cast<unsigned>(offered.size()));
}

namespace {

// Where distributions keep all CAs in one file. OpenSSL's own default is often a directory of hashed names, which it
// would read during handshakes, on a worker.
std::string system_ca_file() {
  if (const char* file = std::getenv(X509_get_default_cert_file_env()); file != nullptr && *file != 0) return file;
  for (const char* file : {"/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt",
                           "/etc/ssl/cert.pem", X509_get_default_cert_file()}) {
    if (::access(file, R_OK) == 0) return file;
  }
  return {};
}

std::string sha256(const std::string& text) {
  unsigned char digest[EVP_MAX_MD_SIZE];
  unsigned size = 0;
  EVP_Digest(text.data(), text.size(), digest, &size, EVP_sha256(), nullptr);
  return std::string(reinterpret_cast<const char*>(digest), size);
}

// Puts the certificates of `text` into the context's store. What the operator named is trusted as it stands, whether or
// not it signed itself.
bool trust(ssl_ctx_st* context, const std::vector<CertificateHandle>& trusted) {
  X509_STORE* store = SSL_CTX_get_cert_store(context);
  X509_STORE_set_flags(store, X509_V_FLAG_PARTIAL_CHAIN);
  for (const auto& certificate : trusted) {
    if (X509_STORE_add_cert(store, certificate.get()) != 1) return false;
  }
  return true;
}

}  // namespace

std::expected<std::shared_ptr<ClientContext>, std::string> ClientContext::load(const std::string& ca_file,
                                                                               bool insecure_skip_verify,
                                                                               const CertificateFiles& own, Offer offer,
                                                                               std::vector<std::string> names) {
  ContextHandle context = new_context(TLS_client_method());
  if (!context) return std::unexpected(cannot_set_up());
  const std::string_view offered = wire_form(offer);
  SSL_CTX_set_alpn_protos(context.get(), reinterpret_cast<const unsigned char*>(offered.data()),
                          static_cast<unsigned>(offered.size()));
  SSL_CTX_set_verify(context.get(), insecure_skip_verify ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
  keep_client_sessions(context.get());
  std::string digest = std::string(insecure_skip_verify ? "any" : "verify").append(offered);
  const std::string source = ca_file.empty() && !insecure_skip_verify ? system_ca_file() : ca_file;
  if (!source.empty()) {
    const auto text = read_file(source);
    if (!text) return std::unexpected(text.error());
    const auto trusted = parse_chain(*text);
    if (trusted.empty()) return std::unexpected(source + " holds no certificate in PEM form");
    if (!trust(context.get(), trusted)) return std::unexpected(cannot_use(source));
    digest += sha256(*text);
  } else if (!insecure_skip_verify && SSL_CTX_set_default_verify_paths(context.get()) != 1) {
    return std::unexpected(cannot_set_up());
  }
  if (!own.cert.empty()) {
    const auto pair = read_pair(own);
    if (!pair) return std::unexpected(pair.error());
    if (!use_pair(context.get(), *pair)) return std::unexpected(cannot_use(own.cert));
    digest += pair->digest;
  }
  ExpectedNames expected(std::move(names));
  digest += expected.text();
  return std::shared_ptr<ClientContext>(
      new ClientContext(std::move(context), !insecure_skip_verify, std::move(expected), std::move(digest)));
}

}  // namespace outrigger::net::tls
