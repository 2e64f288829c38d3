#pragma once

#include <string>

#include "adapters/scrape_options.h"

namespace outrigger::adapters {

struct PrometheusOptions : ScrapeOptions {
  std::string prometheus;
  std::string prefix = "app_";
};
void describe(config::Schema<PrometheusOptions>& schema);

// Puts the metrics of the service's own page onto ours. Thread: the adapters'.
class Prometheus final : public Adapter {
 public:
  Prometheus(const PrometheusOptions& options, AdapterContext& context);
  void start() override { scraper_.start(); }

 private:
  std::string use(const std::string& content);

  const PrometheusOptions options_;
  EventLoop& loop_;
  std::shared_ptr<MetricSource> metrics_;
  Scraper scraper_;
};

extern const AdapterType kPrometheusType;

}  // namespace outrigger::adapters
