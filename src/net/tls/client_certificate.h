#pragma once

#include <chrono>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "net/tls/server_options.h"
#include "outrigger/identity.h"

struct ssl_st;
struct ssl_ctx_st;
struct x509_st;

namespace outrigger::net::tls {

// What `client_ca`, `crl` and `is_client_required` of a listener ask of its clients, read once for all its contexts.
class ClientCheck {
 public:
  ClientCheck();
  ~ClientCheck();
  ClientCheck(ClientCheck&&) noexcept;
  // The error is one line. Blocks on the files.
  static std::expected<ClientCheck, std::string> load(const ServerOptions& options);
  // Lets connections of `context` be checked, and sessions be taken up only where the same was asked. The error is one
  // line.
  std::optional<std::string> apply(ssl_ctx_st* context) const;
  // When the first of the revocation lists must be renewed (RFC 5280 section 5.1.2.5).
  std::optional<std::chrono::system_clock::time_point> revocations_until() const;

 private:
  struct Files;
  std::unique_ptr<Files> files_;  // null: clients are not asked
  bool is_required_ = false;
  std::string digest_;  // of all that is asked
};

// The host names that the certificate is for, wildcards as they stand; the common name if it has no others. Names with
// other characters than printable ASCII are left out: who reads them might stop there.
std::vector<std::string> dns_names(x509_st* certificate);

// What the client proved in this handshake, also when it took up a session; null: it showed no certificate.
std::unique_ptr<ClientCertificate> proven_certificate(ssl_st* connection);

}  // namespace outrigger::net::tls
