#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct ssl_ctx_st;

namespace outrigger::net::tls {

struct FreeContext {
  void operator()(ssl_ctx_st* context) const;
};
using ContextHandle = std::unique_ptr<ssl_ctx_st, FreeContext>;

// What a listener shows its clients: a certificate chain, its key, and the rules. TLS 1.2 and 1.3, AEAD suites only,
// no renegotiation, compression or early data; two tickets a session, no server-side session store (so no lock that
// workers share). ALPN selects "h2" before "http/1.1"; a client that offers only other protocols is refused (RFC 7301
// section 3.2).
// Thread: load on any; immutable then and shared by all workers.
class ServerContext {
 public:
  // Reads both files (PEM; the chain's own certificate first). Errors are one line: "cannot read FILE: Permission
  // denied", "FILE holds no certificate in PEM form", "the key in A does not match the certificate in B". An expired
  // certificate is no error: see not_after(). Cost: blocks on the files; not on a worker.
  static std::expected<std::shared_ptr<ServerContext>, std::string> load(const std::string& cert_file,
                                                                         const std::string& key_file);
  // A new ECDSA P-256 certificate in memory for localhost, 127.0.0.1, ::1 and `names` (host names and IP addresses),
  // valid for 30 days. For trying things out: no client trusts it. Cost: well under a millisecond.
  static std::expected<std::shared_ptr<ServerContext>, std::string> self_signed(
      const std::vector<std::string>& names = {});

  std::chrono::system_clock::time_point not_after() const { return not_after_; }
  // The certificate without its chain, so that a client can be told to trust it.
  std::string certificate_pem() const;
  ssl_ctx_st* get() const { return context_.get(); }

 private:
  ServerContext(ContextHandle context, std::chrono::system_clock::time_point not_after);
  ContextHandle context_;
  std::chrono::system_clock::time_point not_after_;
};

// How upstreams are checked. The same protocol rules as ServerContext; offers ALPN "http/1.1"; sessions are resumed
// where connect() is given a SessionCache.
// Thread: load on any; immutable then and shared by all workers.
class ClientContext {
 public:
  // Trusts the certificates in `ca_file` (PEM; intermediates and single servers' certificates may stand there too), or
  // the system's when empty. The server's name is checked as well. `insecure_skip_verify` accepts every certificate.
  // Errors are one line. Cost: blocks on the files, all of which are read here and not later on a worker.
  static std::expected<std::shared_ptr<ClientContext>, std::string> load(const std::string& ca_file,
                                                                         bool insecure_skip_verify);

  bool verifies() const { return verifies_; }
  // Equal for contexts that trust the same certificates by the same rules.
  const std::string& digest() const { return digest_; }
  ssl_ctx_st* get() const { return context_.get(); }

 private:
  ClientContext(ContextHandle context, bool verifies, std::string digest);
  ContextHandle context_;
  bool verifies_;
  std::string digest_;
};

}  // namespace outrigger::net::tls
