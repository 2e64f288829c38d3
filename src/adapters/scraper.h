#pragma once

#include <functional>
#include <map>
#include <memory>
#include <string>

#include "adapters/adapter.h"
#include "upstream/fetch/fetch.h"

namespace outrigger::adapters {

struct ScrapeSettings {
  std::string adapter;  // "json"
  std::string url;
  std::string accept{};
  std::map<std::string, std::string> headers{};  // secrets resolved
  Duration every = std::chrono::seconds(15);
  Duration timeout = std::chrono::seconds(5);
  std::size_t max_size = 1024 * 1024;
  Duration stale_after{};  // since the latest good answer
};

// A URL without its query, which may hold what nobody should see in a label or a log.
std::string shown(const std::string& url);

// Asks a page for its metrics again and again. How it goes is in outrigger_scrape_up and outrigger_scrapes_total by
// `result`, and logged when it changes; after `stale_after` without a good answer the source's metrics are forgotten.
// Thread: the adapters'.
class Scraper {
 public:
  // `use` puts what came into `metrics` and says what is wrong with it, or "". `metrics` may be empty until then.
  Scraper(const AdapterServices& services, ScrapeSettings settings, std::shared_ptr<MetricSource> metrics,
          std::function<std::string(const std::string& content)> use);

  // Asks at once, then every `every`: the next time counts from when the one before began, or is over if that is later.
  void start() { ask(); }

 private:
  enum class Result : unsigned char { good, unreachable, too_large, bad_status, bad_content };
  void ask();
  void on_answer(upstream::Fetch::Result answer);
  Result look_at(const upstream::Fetch::Result& answer, std::string& problem);
  void tell(Result result, const std::string& problem);

  AdapterServices services_;
  const ScrapeSettings settings_;
  std::shared_ptr<MetricSource> metrics_;
  std::function<std::string(const std::string&)> use_;
  stats::Counter results_[5];  // by Result
  stats::Gauge up_;
  bool was_good_ = true;
  Instant began_{}, good_at_{};
  Timer next_;
  std::unique_ptr<upstream::Fetch> fetch_;
};

}  // namespace outrigger::adapters
