#pragma once

#include <memory>
#include <string>

#include "filters/basic_auth/password_checks.h"
#include "filters/verdict.h"
#include "outrigger/filter.h"

namespace outrigger::filters {

struct BasicAuthOptions {
  std::string users;
  std::string realm = "restricted";
  bool forward = false;
  Mode mode = Mode::enforce;
};
void describe(config::Schema<BasicAuthOptions>& schema);

// Lets through who shows name and password of a user in the file. RFC 7617. Passwords are checked by helper threads: a
// worker never waits for a hash. Thread: one instance per worker, the verdicts are shared.
class BasicAuth : public Filter {
 public:
  BasicAuth(const BasicAuthOptions& options, FilterContext& context);
  Task<Response> handle(Exchange& exchange, Next next) override;

 private:
  // Why the credentials are not accepted; `none`: they are.
  Task<Failure> check(Exchange& exchange, Credentials credentials);
  Response refuse(Exchange& exchange, Failure failure, std::string_view why) const;

  BasicAuthOptions options_;
  std::string challenge_;
  std::shared_ptr<PasswordChecks> checks_;
  Verdicts verdicts_;
};

extern const FilterType kBasicAuthType;

}  // namespace outrigger::filters
