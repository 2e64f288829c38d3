#pragma once

#include <expected>
#include <optional>
#include <string>
#include <string_view>

#include "stats/families.h"

namespace outrigger::adapters {

// One sample line: `name{label="value",...} number [timestamp] [# {labels} number [timestamp]]`.
struct Sample {
  std::string name;
  stats::Labels labels;  // in order, "le" and "quantile" among them
  double value = 0;
  std::optional<stats::Exemplar> exemplar;
};
// The error is a few words.
std::expected<Sample, std::string> parse_sample(std::string_view line);

// "1.5", "+Inf", "-Inf", "NaN", "1e3", and "Nan" as prometheus-cpp writes it; nothing else. Hexadecimal and digits
// apart by "_" are refused.
std::optional<double> parse_number(std::string_view text);

}  // namespace outrigger::adapters
