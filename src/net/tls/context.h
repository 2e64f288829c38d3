#pragma once

#include <chrono>
#include <expected>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "net/tls/expected_names.h"
#include "net/tls/server_options.h"
#include "net/tls/ticket_keys.h"

struct ssl_ctx_st;
struct ssl_st;

namespace outrigger::net::tls {

struct FreeContext {
  void operator()(ssl_ctx_st* context) const;
};
using ContextHandle = std::unique_ptr<ssl_ctx_st, FreeContext>;

// What a listener shows its clients: certificate chains, their keys, and the rules. AEAD suites only, no renegotiation,
// compression or early data; two tickets a session, no server-side session store. ALPN selects "h2" before "http/1.1";
// a client that offers only other protocols is refused (RFC 7301 section 3.2). Thread: load on any; then shared by all
// workers and never changed, ticket keys aside.
class ServerContext {
 public:
  // Reads all files. Of several certificates the client's SNI chooses by their names, exact before wildcard; those with
  // the same names and other kinds of keys (ECDSA, RSA) stand side by side, and the client's abilities choose.
  // Errors are one line: "cannot read FILE: Permission denied", "FILE holds no certificate in PEM form", "the key in A
  // does not match the certificate in B". An expired certificate is no error: see not_after(). Cost: blocks on the
  // files; not on a worker.
  static std::expected<std::shared_ptr<ServerContext>, std::string> load(const ServerOptions& options);
  // A new ECDSA P-256 certificate in memory for localhost, 127.0.0.1, ::1 and `names` (host names and IP addresses),
  // valid for 30 days, in place of those of `options`. For trying things out: no client trusts it.
  static std::expected<std::shared_ptr<ServerContext>, std::string> self_signed(
      const std::vector<std::string>& names = {}, const ServerOptions& options = {});

  // Of the certificate that ends first.
  std::chrono::system_clock::time_point not_after() const { return not_after_; }
  // Of the revocation list that must be renewed first; from then on every client with a certificate is refused.
  // Nothing: there is no list, or one that says no time.
  std::optional<std::chrono::system_clock::time_point> revocations_until() const { return revocations_until_; }
  // The first certificate without its chain, so that a client can be told to trust it.
  std::string certificate_pem() const;
  ssl_ctx_st* get() const { return contexts_.front().get(); }

 private:
  class Builder;
  ServerContext() = default;
  static int on_server_name(ssl_st* connection, int* alert, void* self);
  ssl_ctx_st* context_for(std::string_view name) const;

  std::unique_ptr<TicketKeys> tickets_;
  std::vector<ContextHandle> contexts_;                    // the first is for all other names
  std::map<std::string, ssl_ctx_st*, std::less<>> names_;  // "a.example", "*.example"
  std::chrono::system_clock::time_point not_after_;
  std::optional<std::chrono::system_clock::time_point> revocations_until_;
};

// How upstreams are checked. The same protocol rules as ServerContext; sessions are resumed where connect() is given a
// SessionCache.
// Thread: load on any; immutable then and shared by all workers.
class ClientContext {
 public:
  // Trusts the certificates in `ca_file` (PEM; intermediates and single servers' certificates may stand there too), or
  // the system's when empty. The server's name is checked as well. `insecure_skip_verify` accepts every certificate.
  // Errors are one line. Cost: blocks on the files, all of which are read here and not later on a worker.
  // `own`: what we show a server that asks; empty names: nothing. `offer`: by ALPN. `names`: what to check instead of
  // the server's name; without verification they are not looked at.
  static std::expected<std::shared_ptr<ClientContext>, std::string> load(const std::string& ca_file,
                                                                         bool insecure_skip_verify,
                                                                         const CertificateFiles& own = {},
                                                                         Offer offer = Offer::http1,
                                                                         std::vector<std::string> names = {});

  bool verifies() const { return verifies_; }
  // Is it the name that a server is asked for that its certificate must have?
  bool checks_server_name() const { return verifies_ && names_.empty(); }
  // Equal for contexts that trust the same certificates by the same rules, and show and offer the same.
  const std::string& digest() const { return digest_; }
  ssl_ctx_st* get() const { return context_.get(); }

 private:
  ClientContext(ContextHandle context, bool verifies, ExpectedNames names, std::string digest);
  ContextHandle context_;
  bool verifies_;
  ExpectedNames names_;
  std::string digest_;
};

}  // namespace outrigger::net::tls
