#pragma once

#include <string>
#include <vector>

#include "filters/verdict.h"
#include "outrigger/filter.h"

namespace outrigger::filters {

struct CorsOptions {
  std::vector<std::string> origins;
  std::vector<std::string> methods = {"GET", "HEAD", "POST"};
  std::vector<std::string> headers;
  std::vector<std::string> expose;
  bool credentials = false;
  Duration max_age = std::chrono::minutes(10);
};
void describe(config::Schema<CorsOptions>& schema);

// Answers preflight requests and says in every answer which origins may read it, by the Fetch standard (section 3.2,
// "CORS protocol"). Thread: one instance per worker.
class Cors : public Filter {
 public:
  Cors(const CorsOptions& options, const FilterContext& context);
  Task<Response> handle(Exchange& exchange, Next next) override;

 private:
  bool is_allowed(std::string_view origin) const;
  Response answer_preflight(Exchange& exchange, std::string_view origin) const;
  // Only ours count: those of the service are replaced.
  void mark(Headers& headers, std::string_view origin) const;

  CorsOptions options_;
  bool any_origin_;
  std::string methods_, headers_, expose_, max_age_;
  Verdicts verdicts_;
};

extern const FilterType kCorsType;

}  // namespace outrigger::filters
