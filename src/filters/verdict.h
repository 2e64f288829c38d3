#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "outrigger/filter.h"
#include "outrigger/stats.h"

// What the filters that guard a service have in common: enforce or only report, and count what they found.
namespace outrigger::filters {

enum class Mode : std::uint8_t { enforce, report };

// The words of `mode`; use inside describe().
template <typename Options>
void describe_mode(config::Schema<Options>& schema, Mode Options::* mode) {
  schema.field("mode", mode, "enforce: refuse. report: let everything pass, and say what would have been refused.")
      .values({{"enforce", Mode::enforce}, {"report", Mode::report}});
}

// Counts of one filter, by verdict.
class Verdicts {
 public:
  // `filter`: its name, such as "access".
  Verdicts(std::string_view filter, const FilterContext& context);
  void allow() const { allowed_.add(); }
  // True if the request must be refused; in report mode the sentence `why` is kept and the request goes on. `why` is
  // static or in the exchange's arena.
  bool refuse(Exchange& exchange, Mode mode, std::string_view why) const;

 private:
  std::string_view filter_;
  stats::Counter allowed_, refused_, would_refuse_;
};

}  // namespace outrigger::filters
