#pragma once

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "filters/jwt/claims.h"
#include "filters/jwt/key_source.h"
#include "filters/verdict.h"
#include "outrigger/filter.h"

namespace outrigger::filters {

struct JwtOptions {
  std::vector<std::string> issuer;
  std::vector<std::string> audience;
  std::string jwks;
  std::string jwks_ca;
  Duration jwks_refresh = std::chrono::minutes(10);
  Duration jwks_keep = std::chrono::hours(24);
  std::string secret;
  std::vector<std::string> algorithms;
  Duration leeway = std::chrono::seconds(30);
  std::string cookie;
  std::map<std::string, std::string> claims_to_headers;
  bool optional = false;
  bool forward = true;
  Mode mode = Mode::enforce;
};
void describe(config::Schema<JwtOptions>& schema);

// Lets through who shows a token that one of the keys signed; what it says is known from then on. RFC 6750, 7519, 8725.
// Thread: one instance per worker.
class Jwt : public Filter {
 public:
  Jwt(const JwtOptions& options, FilterContext& context);
  Task<Response> handle(Exchange& exchange, Next next) override;

 private:
  struct Finding {
    Failure failure = Failure::none;
    std::string_view why{};
    bool is_anonymous = false;
    std::optional<std::uint64_t> lacking = {};  // the version of the keys that were too few
  };
  Finding examine(Exchange& exchange);
  Finding refusal_of(Exchange& exchange, std::string_view text);
  Task<Finding> examine_again(Exchange& exchange, Finding first);
  std::string objection_to(const Token& token) const;
  void tell_service(Exchange& exchange, const Claim* known) const;
  Response refuse(Exchange& exchange, const Finding& finding) const;

  JwtOptions options_;
  std::vector<base::crypto::Algorithm> algorithms_;
  ClaimRules rules_;
  Keys keys_;
  Verdicts verdicts_;
};

extern const FilterType kJwtType;

}  // namespace outrigger::filters
