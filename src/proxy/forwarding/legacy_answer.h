#pragma once

#include <string_view>

#include "config/settings.h"
#include "outrigger/headers.h"

namespace outrigger::proxy {

// How clients reach a service that thinks that it stands alone.
struct PublicPlace {
  std::string_view scheme;     // of the client: "https" or "http"
  std::string_view authority;  // as the client wrote it; empty: nobody knows
  std::string_view endpoint;   // what the service is asked at
  std::string_view host;       // the Host that it got
};

// Makes `Location` and `Set-Cookie` fit for clients: an absolute http URL of the service itself gets the client's
// scheme and authority, paths are mapped, a cookie's Domain that names the service goes (so that the cookie belongs to
// the host that the client asked), and Secure and SameSite are added where they are missing. What leads elsewhere
// stays. RFC 9110 section 10.2.2; RFC 6265 section 4.1.
void correct_answer(Headers& headers, const config::LegacyRewrite& rewrite, const PublicPlace& place);

}  // namespace outrigger::proxy
