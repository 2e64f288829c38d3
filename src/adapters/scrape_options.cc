#include "adapters/scrape_options.h"

#include <algorithm>

#include "adapters/metric_name.h"
#include "base/secret.h"
#include "base/url.h"

namespace outrigger::adapters {

std::string check_scrape(const std::string& url, const ScrapeOptions& options) {
  if (std::string error = base::check_url(url); !error.empty()) return error;
  for (const auto& [label, value] : options.labels) {
    if (!is_label_name(label)) return "\"" + label + "\" is no name of a label";
  }
  return "";
}

std::expected<ScrapeSettings, std::string> scrape_settings(const char* adapter, const std::string& url,
                                                           const ScrapeOptions& options) {
  ScrapeSettings settings{.adapter = adapter,
                          .url = url,
                          .every = options.every,
                          .timeout = options.timeout,
                          .max_size = options.max_size.bytes,
                          .stale_after = options.stale_after.value_or(3 * options.every)};
  for (const auto& [name, reference] : options.headers) {
    auto value = base::resolve_secret(reference);
    if (!value) return std::unexpected(value.error());
    settings.headers.emplace(name, std::move(*value));
  }
  return settings;
}

void add_labels(stats::MetricFamily& family, const std::map<std::string, std::string>& labels) {
  for (stats::Metric& metric : family.metrics) {
    for (const auto& [name, value] : labels) {
      const bool has = std::ranges::any_of(metric.labels, [&](const auto& each) { return each.first == name; });
      if (!has) metric.labels.emplace_back(name, value);
    }
  }
}

}  // namespace outrigger::adapters
