#pragma once

#include <map>
#include <string>

#include "adapters/json/json_metrics.h"
#include "adapters/scrape_options.h"

namespace outrigger::adapters {

struct JsonOptions : ScrapeOptions {
  std::string json;
  std::string prefix;
  std::map<std::string, Pick> pick;
};
void describe(config::Schema<JsonOptions>& schema);

// Makes metrics of the numbers in a JSON page. Thread: the adapters'.
class JsonPage final : public Adapter {
 public:
  JsonPage(const JsonOptions& options, AdapterContext& context);
  void start() override { scraper_.start(); }

 private:
  std::string use(const std::string& content);

  const JsonOptions options_;
  EventLoop& loop_;
  std::shared_ptr<MetricSource> metrics_;
  Scraper scraper_;
};

extern const AdapterType kJsonType;

}  // namespace outrigger::adapters
