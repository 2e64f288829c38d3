#pragma once

#include <string_view>

#include "outrigger/arena.h"
#include "outrigger/identity.h"

namespace outrigger::proxy {

// What X-Forwarded-Client-Cert says of a certificate, in the arena: `Hash=...;Subject="...";URI=...;DNS=...`, as Envoy
// writes it. Names with delimiters are quoted.
std::string_view client_certificate_element(const ClientCertificate& certificate, Arena& arena);

}  // namespace outrigger::proxy
