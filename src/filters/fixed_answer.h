#pragma once

#include <map>
#include <string>
#include <vector>

#include "filters/template.h"
#include "outrigger/config.h"
#include "outrigger/exchange.h"

namespace outrigger::filters {

struct FixedAnswerOptions {
  int status = 200;
  std::string body;
  std::map<std::string, std::string> headers;
};
void describe(config::Schema<FixedAnswerOptions>& schema);

// An answer that stands in the file: of `respond`, and of `fallback`'s step `static`. Thread: any.
class FixedAnswer {
 public:
  explicit FixedAnswer(const FixedAnswerOptions& options);
  // The body is a view of this object, which outlives the exchange.
  Response make(Exchange& exchange) const;

 private:
  struct Header {
    std::string name;
    Template value;
  };
  const std::uint16_t status_;
  const std::string body_;
  std::vector<Header> headers_;
};

}  // namespace outrigger::filters
