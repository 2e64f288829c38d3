#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/regex.h"
#include "outrigger/config.h"
#include "stats/families.h"

namespace outrigger::adapters {

// One entry of `map:`.
struct MappingRule {
  std::string match;  // "app.*.time": each * is one part between dots
  std::string name;   // may have $1 to $9
  std::map<std::string, std::string> labels;
  std::vector<double> buckets;  // of timers and histograms; empty: the adapter's
  std::string help;
  bool drop = false;
};
void describe(config::Schema<MappingRule>& schema);

// From a name of statsd to a metric: the first rule that matches decides. Thread: one.
class NameMapping {
 public:
  // Checked rules.
  explicit NameMapping(const std::vector<MappingRule>& rules);

  struct Match {
    const MappingRule* rule;
    std::string name;
    stats::Labels labels;
  };
  // Nothing: no rule matches.
  std::optional<Match> find(std::string_view name) const;

 private:
  struct Compiled {
    MappingRule rule;
    base::Regex pattern;
    std::size_t groups;
  };
  std::vector<Compiled> rules_;
};

}  // namespace outrigger::adapters
