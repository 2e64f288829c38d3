#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json/json.h"
#include "outrigger/exchange.h"

namespace outrigger::filters {

// What a token must say to be accepted.
struct ClaimRules {
  std::vector<std::string> issuers;    // empty: any
  std::vector<std::string> audiences;  // empty: any
  Duration leeway{};                   // how far clocks may be apart
};

// Why the claims are not accepted at `now`, "" if they are. RFC 7519 section 4.1: `exp` must be there and ahead, `nbf`
// and `iat` not ahead, `iss` and `aud` among those wanted.
std::string check_claims(const base::Json& claims, const ClaimRules& rules, WallTime now);

// Makes the claims known to the rest of the chain (`Exchange::claims`) and `sub` the user. A list gives one claim for
// each element, an object one for each member by its path, `scope` and `scp` one for each word (RFC 8693 section 4.2).
// At most 256, of at most 1 KiB each; what is longer is left out.
void publish_claims(Exchange& exchange, const base::Json& claims);

}  // namespace outrigger::filters
