#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "stats/families.h"

namespace outrigger::adapters {

// A page of metrics that others are added to without two of the same name and labels, which scrapers refuse.
class Page {
 public:
  // `families` outlives it and grows.
  explicit Page(std::vector<stats::MetricFamily>& families);

  // Joins or appends the family, under its name or, where that is taken, under `prefix` and its name. False: both are.
  bool add(stats::MetricFamily family, const std::string& prefix);

 private:
  bool join(stats::MetricFamily& family);
  void note(const stats::MetricFamily& family, std::size_t index);

  std::vector<stats::MetricFamily>& families_;
  std::map<std::string, std::size_t, std::less<>> owner_;  // of every sample's name: the family
};

}  // namespace outrigger::adapters
