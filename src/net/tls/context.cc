#include "net/tls/context.h"

#include <openssl/err.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <ctime>
#include <fstream>
#include <sstream>
#include <utility>

#include "net/tls/certificate.h"
#include "net/tls/session_cache.h"

namespace outrigger::net::tls {

namespace {

// Protocols in wire form, best first.
constexpr unsigned char kServed[] = "\x02h2\x08http/1.1";
constexpr unsigned char kOffered[] = "\x08http/1.1";

constexpr const char* kTls12Suites =
    "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-RSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384:"
    "ECDHE-RSA-AES256-GCM-SHA384:ECDHE-ECDSA-CHACHA20-POLY1305:ECDHE-RSA-CHACHA20-POLY1305";

struct FreeBio {
  void operator()(BIO* bio) const { BIO_free(bio); }
};
using BioHandle = std::unique_ptr<BIO, FreeBio>;

// The first queued reason; the later ones only say where it went through.
std::string openssl_reason() {
  const char* reason = ERR_reason_error_string(ERR_peek_error());
  ERR_clear_error();
  return reason != nullptr ? reason : "unknown error";
}

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

BioHandle memory(const std::string& text) {
  return BioHandle(BIO_new_mem_buf(text.data(), static_cast<int>(text.size())));
}

// OpenSSL would ask on the terminal.
int refuse_passphrase(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return -1;
}

std::expected<KeyHandle, std::string> read_key(const std::string& path) {
  const auto text = read_file(path);
  if (!text) return std::unexpected(text.error());
  bool asked = false;
  KeyHandle key(PEM_read_bio_PrivateKey(memory(*text).get(), nullptr, &refuse_passphrase, &asked));
  ERR_clear_error();
  if (key) return key;
  if (asked) return std::unexpected("the key in " + path + " is encrypted; store it without a passphrase");
  return std::unexpected(path + " holds no private key in PEM form");
}

// Certificates of a PEM text, in order; empty when the first is not one.
std::vector<CertificateHandle> parse_chain(const std::string& text) {
  std::vector<CertificateHandle> chain;
  const BioHandle source = memory(text);
  while (X509* next = PEM_read_bio_X509(source.get(), nullptr, nullptr, nullptr)) chain.emplace_back(next);
  ERR_clear_error();
  return chain;
}

int select_protocol(SSL*, const unsigned char** out, unsigned char* out_length, const unsigned char* offered,
                    unsigned offered_length, void*) {
  unsigned char* selected = nullptr;
  const int found = SSL_select_next_proto(&selected, out_length, kServed, sizeof kServed - 1, offered, offered_length);
  *out = selected;
  return found == OPENSSL_NPN_NEGOTIATED ? SSL_TLSEXT_ERR_OK : SSL_TLSEXT_ERR_ALERT_FATAL;
}

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

ContextHandle new_server_context() {
  ContextHandle context = new_context(TLS_server_method());
  if (!context) return nullptr;
  SSL_CTX_set_max_early_data(context.get(), 0);
  SSL_CTX_set_num_tickets(context.get(), 2);
  SSL_CTX_set_alpn_select_cb(context.get(), &select_protocol, nullptr);
  return context;
}

std::chrono::system_clock::time_point expiry(const X509* certificate) {
  std::tm time{};
  ASN1_TIME_to_tm(X509_get0_notAfter(certificate), &time);
  return std::chrono::system_clock::from_time_t(::timegm(&time));
}

std::string cannot_set_up() { return "cannot set up TLS: " + openssl_reason(); }

std::string cannot_use(std::string_view what) { return "cannot use " + std::string(what) + ": " + openssl_reason(); }

}  // namespace

void FreeContext::operator()(ssl_ctx_st* context) const { SSL_CTX_free(context); }

ServerContext::ServerContext(ContextHandle context, std::chrono::system_clock::time_point not_after)
    : context_(std::move(context)), not_after_(not_after) {}

std::expected<std::shared_ptr<ServerContext>, std::string> ServerContext::load(const std::string& cert_file,
                                                                               const std::string& key_file) {
  const auto text = read_file(cert_file);
  if (!text) return std::unexpected(text.error());
  const auto chain = parse_chain(*text);
  if (chain.empty()) return std::unexpected(cert_file + " holds no certificate in PEM form");
  const auto key = read_key(key_file);
  if (!key) return std::unexpected(key.error());
  if (X509_check_private_key(chain.front().get(), key->get()) != 1) {
    ERR_clear_error();
    return std::unexpected("the key in " + key_file + " does not match the certificate in " + cert_file);
  }
  ContextHandle context = new_server_context();
  if (!context) return std::unexpected(cannot_set_up());
  if (SSL_CTX_use_certificate(context.get(), chain.front().get()) != 1) return std::unexpected(cannot_use(cert_file));
  for (std::size_t i = 1; i < chain.size(); ++i) {
    if (SSL_CTX_add1_chain_cert(context.get(), chain[i].get()) != 1) return std::unexpected(cannot_use(cert_file));
  }
  if (SSL_CTX_use_PrivateKey(context.get(), key->get()) != 1) return std::unexpected(cannot_use(key_file));
  return std::shared_ptr<ServerContext>(new ServerContext(std::move(context), expiry(chain.front().get())));
}

std::expected<std::shared_ptr<ServerContext>, std::string> ServerContext::self_signed(
    const std::vector<std::string>& names) {
  const auto now = std::chrono::system_clock::now();
  // Five minutes back: the client's clock may be a little behind ours.
  const auto made = make_self_signed(names, now - std::chrono::minutes(5), now + std::chrono::days(30));
  if (!made) return std::unexpected(made.error());
  ContextHandle context = new_server_context();
  if (!context || SSL_CTX_use_certificate(context.get(), made->certificate.get()) != 1 ||
      SSL_CTX_use_PrivateKey(context.get(), made->key.get()) != 1) {
    return std::unexpected(cannot_set_up());
  }
  return std::shared_ptr<ServerContext>(new ServerContext(std::move(context), expiry(made->certificate.get())));
}

std::string ServerContext::certificate_pem() const { return to_pem(SSL_CTX_get0_certificate(context_.get())); }

ClientContext::ClientContext(ContextHandle context, bool verifies, std::string digest)
    : context_(std::move(context)), verifies_(verifies), digest_(std::move(digest)) {}

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
                                                                               bool insecure_skip_verify) {
  ContextHandle context = new_context(TLS_client_method());
  if (!context) return std::unexpected(cannot_set_up());
  SSL_CTX_set_alpn_protos(context.get(), kOffered, sizeof kOffered - 1);
  SSL_CTX_set_verify(context.get(), insecure_skip_verify ? SSL_VERIFY_NONE : SSL_VERIFY_PEER, nullptr);
  keep_client_sessions(context.get());
  std::string digest = insecure_skip_verify ? "any" : "verify";
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
  return std::shared_ptr<ClientContext>(
      new ClientContext(std::move(context), !insecure_skip_verify, std::move(digest)));
}

}  // namespace outrigger::net::tls
