#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "outrigger/filter.h"

namespace outrigger::filters {

enum class HeaderPreset : std::uint8_t { basic, strict, api };

struct SecurityHeadersOptions {
  HeaderPreset preset = HeaderPreset::basic;
  std::map<std::string, std::string> set;
  std::vector<std::string> hide = {"X-Powered-By", "X-AspNet-Version", "X-AspNetMvc-Version"};
  bool overwrite = false;
};
void describe(config::Schema<SecurityHeadersOptions>& schema);

// Adds the fields that make browsers careful. Thread: one instance per worker.
class SecurityHeaders : public Filter {
 public:
  explicit SecurityHeaders(const SecurityHeadersOptions& options);
  Task<Response> handle(Exchange& exchange, Next next) override;

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
  std::vector<std::string> hide_;
  bool overwrite_;
};

extern const FilterType kSecurityHeadersType;

}  // namespace outrigger::filters
