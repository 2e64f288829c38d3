#pragma once

#include <memory>

#include "filters/ext_auth/auth_memory.h"
#include "filters/ext_auth/options.h"
#include "outrigger/filter.h"
#include "outrigger/stats.h"

namespace outrigger::filters {

// Lets through what an authorisation server allows. It is asked on an exchange of its own, before the request's content
// is read. Thread: one instance per worker, what is remembered is shared.
class ExtAuth : public Filter {
 public:
  ExtAuth(const ExtAuthOptions& options, FilterContext& context);
  Task<Response> handle(Exchange& exchange, Next next) override;

 private:
  // Null: the request's deadline came first.
  Task<std::shared_ptr<const AuthAnswer>> ask(Exchange& exchange);
  void count(AuthAnswer::Verdict verdict) const;
  bool passes(Exchange& exchange, const AuthAnswer& answer) const;
  static Response refuse(Exchange& exchange, const AuthAnswer& answer);

  const ExtAuthOptions options_;
  const Link* const entry_;
  std::shared_ptr<AuthMemory> memory_;  // null: nothing is remembered
  Verdicts verdicts_;
  stats::Counter allowed_, denied_, unavailable_, remembered_;
};

extern const FilterType kExtAuthType;

}  // namespace outrigger::filters
