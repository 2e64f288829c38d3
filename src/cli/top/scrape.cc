#include "cli/top/scrape.h"

#include <algorithm>
#include <cmath>
#include <set>

namespace outrigger::cli {

namespace {

const std::string* value_of(const stats::Metric& metric, std::string_view label) {
  const auto found = std::ranges::find(metric.labels, label, [](const auto& each) { return each.first; });
  return found == metric.labels.end() ? nullptr : &found->second;
}

}  // namespace

std::span<const stats::Metric> Scrape::metrics(std::string_view name) const {
  const auto found = std::ranges::find(families_, name, &stats::MetricFamily::name);
  return found == families_.end() ? std::span<const stats::Metric>() : found->metrics;
}

double Scrape::sum(std::string_view name, std::string_view label, std::string_view value) const {
  double total = 0;
  for (const stats::Metric& metric : metrics(name)) {
    const std::string* const found = value_of(metric, label);
    if (label.empty() || (found != nullptr && *found == value)) total += metric.value;
  }
  return total;
}

std::vector<std::string> Scrape::values_of(std::string_view name, std::string_view label) const {
  std::set<std::string> all;
  for (const stats::Metric& metric : metrics(name)) {
    if (const std::string* const found = value_of(metric, label)) all.insert(*found);
  }
  return {all.begin(), all.end()};
}

std::map<double, double> Scrape::buckets(std::string_view name) const {
  std::map<double, double> all;
  for (const stats::Metric& metric : metrics(name)) {
    for (const stats::Bucket& bucket : metric.buckets) all[bucket.upper] += static_cast<double>(bucket.count);
  }
  return all;
}

double quantile(const std::map<double, double>& before, const std::map<double, double>& now, double share) {
  const auto came = [&before](const auto& bucket) {
    const auto old = before.find(bucket.first);
    return bucket.second - (old == before.end() ? 0 : old->second);
  };
  const double total = now.empty() ? 0 : came(*now.rbegin());
  if (total <= 0) return 0;
  double below = 0, lower = 0;
  for (const auto& bucket : now) {
    const double count = came(bucket);
    if (count >= share * total) {
      if (std::isinf(bucket.first)) return lower;
      const double inside = count - below;
      return inside <= 0 ? bucket.first : lower + (bucket.first - lower) * (share * total - below) / inside;
    }
    below = count;
    lower = bucket.first;
  }
  return lower;
}

}  // namespace outrigger::cli
