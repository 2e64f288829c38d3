#pragma once

#include <map>
#include <string>
#include <vector>

#include "filters/template.h"
#include "outrigger/filter.h"

namespace outrigger::filters {

struct RespondOptions {
  int status = 200;
  std::string body;
  std::map<std::string, std::string> headers;
};
void describe(config::Schema<RespondOptions>& schema);

// Answers by itself; the rest of the chain is not asked. Thread: one instance per worker.
class Respond : public Filter {
 public:
  explicit Respond(const RespondOptions& options);
  Task<Response> handle(Exchange& exchange, Next next) override;

 private:
  struct Header {
    std::string name;
    Template value;
  };
  RespondOptions options_;
  std::vector<Header> headers_;
};

extern const FilterType kRespondType;

}  // namespace outrigger::filters
