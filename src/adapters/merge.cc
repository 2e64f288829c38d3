#include "adapters/merge.h"

#include <algorithm>

namespace outrigger::adapters {
namespace {

// The names that its samples have.
std::vector<std::string> sample_names(const stats::MetricFamily& family) {
  std::vector<std::string> names = {family.name};
  const bool is_histogram = family.type == stats::MetricType::histogram;
  if (!is_histogram && family.type != stats::MetricType::summary) return names;
  for (const char* suffix : {"_count", "_sum"}) names.push_back(family.name + suffix);
  if (is_histogram) names.push_back(family.name + "_bucket");
  return names;
}

bool share_labels(const stats::MetricFamily& a, const stats::MetricFamily& b) {
  std::set<stats::Labels> seen;
  const auto sorted = [](stats::Labels labels) {
    std::ranges::sort(labels);
    return labels;
  };
  for (const stats::Metric& metric : a.metrics) seen.insert(sorted(metric.labels));
  return std::ranges::any_of(b.metrics, [&](const auto& metric) { return seen.contains(sorted(metric.labels)); });
}

}  // namespace

Page::Page(std::vector<stats::MetricFamily>& families) : families_(families) {
  for (std::size_t i = 0; i < families_.size(); ++i) note(families_[i], i);
}

void Page::note(const stats::MetricFamily& family, std::size_t index) {
  for (std::string& name : sample_names(family)) owner_.try_emplace(std::move(name), index);
}

bool Page::add(stats::MetricFamily family, const std::string& prefix) {
  if (join(family)) return true;
  family.name.insert(0, prefix);
  return !prefix.empty() && join(family);
}

bool Page::join(stats::MetricFamily& family) {
  const auto names = sample_names(family);
  const auto taken = std::ranges::find_if(names, [&](const std::string& name) { return owner_.contains(name); });
  if (taken == names.end()) {
    note(family, families_.size());
    families_.push_back(std::move(family));
    return true;
  }
  stats::MetricFamily& there = families_[owner_.find(*taken)->second];
  if (there.name != family.name || there.type != family.type || share_labels(there, family)) return false;
  std::ranges::move(family.metrics, std::back_inserter(there.metrics));
  return true;
}

}  // namespace outrigger::adapters
