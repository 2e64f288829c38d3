#include "proxy/forwarding/client_certificate_element.h"

#include <catch2/catch.hpp>

namespace outrigger::proxy {

TEST_CASE("X-Forwarded-Client-Cert: one element, delimiters quoted", "[proxy][security]") {
  Arena arena;
  ClientCertificate certificate;
  certificate.fingerprint = "00ff";
  certificate.subject = R"(CN=a\,"b",O=x)";
  certificate.uri = {"spiffe://prod/web", "urn:x;Hash=1"};
  certificate.dns = {"web.example"};
  CHECK(client_certificate_element(certificate, arena) ==
        R"(Hash=00ff;Subject="CN=a\\,\"b\",O=x";URI=spiffe://prod/web;URI="urn:x;Hash=1";DNS=web.example)");
}

}  // namespace outrigger::proxy
