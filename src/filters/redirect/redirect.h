#pragma once

#include <string>

#include "filters/template.h"
#include "outrigger/filter.h"

namespace outrigger::filters {

struct RedirectOptions {
  std::string to;
  int status = 308;
};
void describe(config::Schema<RedirectOptions>& schema);

// Sends the client elsewhere; the rest of the chain is not asked. Thread: one instance per worker.
class Redirect : public Filter {
 public:
  explicit Redirect(const RedirectOptions& options);
  Task<Response> handle(Exchange& exchange, Next next) override;

 private:
  std::uint16_t status_;
  Template to_;
  bool needs_host_ = false;
  bool names_host_ = false;  // "//host": relative to the scheme, as the operator wrote it
};

extern const FilterType kRedirectType;

}  // namespace outrigger::filters
