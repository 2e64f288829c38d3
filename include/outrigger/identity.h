#pragma once

#include <string>
#include <string_view>
#include <vector>

// Who asks, as far as it was proven. Nothing here was merely claimed by a client.
namespace outrigger {

// The certificate that the client proved to hold in the handshake, its chain verified against the listener's client_ca.
// Immutable; shared by the requests of a connection.
struct ClientCertificate {
  std::string subject;      // RFC 2253 text: "CN=web,O=Example"
  std::string common_name;  // the last CN of the subject; empty if there is none
  std::string fingerprint;  // SHA-256 of the DER form, 64 lower-case hexadecimal digits
  std::string serial;       // upper-case hexadecimal digits
  // Subject alternative names, in their order.
  std::vector<std::string> uri, dns, email;
};

// One statement about the client that a verified token makes: "sub" is "alice". A claim that is an array has one Claim
// for each element; one inside an object is named by its path, "realm.role". Views live as long as the exchange.
struct Claim {
  std::string_view name;
  std::string_view value;
  const Claim* next = nullptr;
};

// A field of the request that says who asks: a filter wrote it, or looked there for a credential.
struct PersonalField {
  std::string_view name;
  const PersonalField* next;
};

}  // namespace outrigger
