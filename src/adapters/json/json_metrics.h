#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "adapters/json/json_path.h"
#include "outrigger/config.h"
#include "stats/families.h"

namespace outrigger::adapters {

enum class PickType : std::uint8_t { gauge, counter };

// What one metric is taken from.
struct Pick {
  std::string path{};
  PickType type = PickType::gauge;
  double scale = 1;
  std::string help{};
  std::map<std::string, std::string> labels{};  // name to a path from the value's list element, or from the document
};
void describe(config::Schema<Pick>& schema);

// The number of a value: numbers, true and false, and texts that are nothing but a number.
std::optional<double> number_of(const base::Json& value);

// Every number in a document: names of nested members joined by "_" in snake_case, elements of lists told apart by
// labels. A name that ends in _total is a counter.
std::vector<stats::MetricFamily> all_numbers(const base::Json& document, const std::string& prefix);
// The one metric `name`; `refused`: how many values at its path are no numbers.
stats::MetricFamily picked(const base::Json& document, const std::string& name, const Pick& pick, std::size_t& refused);

}  // namespace outrigger::adapters
