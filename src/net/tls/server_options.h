#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace outrigger::net::tls {

struct CertificateFiles {
  std::string cert{};  // PEM, the chain's own certificate first
  std::string key{};   // PEM, not encrypted
};

// What we offer a server by ALPN, best first; `nothing`: what is said is not HTTP.
enum class Offer : std::uint8_t { http1, http2, both, nothing };

// Mozilla's names: intermediate is TLS 1.2 and 1.3 with AEAD suites and forward secrecy, modern is TLS 1.3 alone.
enum class Policy : std::uint8_t { intermediate, modern };

// What a listener shows its clients, and asks of them.
struct ServerOptions {
  std::vector<CertificateFiles> certificates{};  // the first one also serves names that none is for
  std::string client_ca{};                       // PEM file; empty: clients are not asked for a certificate
  bool is_client_required = true;                // with client_ca: a client without one is refused
  std::string crl{};                             // PEM file with revocation lists of client_ca; empty: none
  std::string ticket_keys{};                     // file, see TicketKeys; empty: own ones
  Policy policy = Policy::intermediate;
  bool negotiates = true;  // by ALPN, h2 before http/1.1; else what the client offers there is left alone
};

}  // namespace outrigger::net::tls
