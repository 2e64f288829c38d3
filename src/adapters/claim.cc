#include "adapters/claim.h"

#include <map>

#include "adapters/adapter.h"

namespace outrigger::adapters {
namespace {

using Owners = std::map<std::string, std::string>;  // of what: where it is set

// One error for each setting: whoever changes it for the first reason is told of the next.
void check(const config::AdapterSpec& spec, Owners& owners, const config::Findings& findings) {
  const auto claims = static_cast<const AdapterType*>(spec.type)->claims;
  if (claims == nullptr || findings.has_errors(spec.path)) return;
  for (const Claim& claim : claims(spec.config.get(), spec.path)) {
    const std::string place = spec.path + "." + claim.field;
    const auto [owner, is_free] = owners.emplace(claim.what, place);
    if (is_free || findings.has_errors(place)) continue;
    const std::string remedy = claim.remedy.empty() ? "" : ": " + claim.remedy;
    findings.error(place, claim.what + " is already taken by " + owner->second + remedy);
  }
}

}  // namespace

std::string socket_name(const net::Address& address, bool is_stream) {
  return address.is_unix() ? address.text() : (is_stream ? "TCP " : "UDP ") + address.text();
}

void check_claims(const config::Settings& settings, const config::Findings& findings) {
  Owners owners;
  for (const auto* list : {&settings.adapters.logs, &settings.adapters.metrics, &settings.adapters.health}) {
    for (const config::AdapterSpec& spec : *list) check(spec, owners, findings);
  }
}

}  // namespace outrigger::adapters
