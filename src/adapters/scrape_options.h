#pragma once

#include <expected>
#include <map>
#include <optional>
#include <string>

#include "adapters/scraper.h"
#include "outrigger/config.h"

// The options that all adapters have which ask a page for its metrics; a base of their settings.
namespace outrigger::adapters {

struct ScrapeOptions {
  Duration every = std::chrono::seconds(15);
  Duration timeout = std::chrono::seconds(5);
  ByteSize max_size{1024 * 1024};
  std::map<std::string, std::string> headers;  // secret references
  std::map<std::string, std::string> labels;
  std::uint32_t series = 1000;
  std::optional<Duration> stale_after;  // absent: three times `every`
};

// A member of the base as one of T.
template <typename T, typename Member>
constexpr Member T::* own(Member ScrapeOptions::* member) {
  return member;
}
// The keys of ScrapeOptions in a struct that derives from it.
template <typename T>
void describe_scrape(config::Schema<T>& schema) {
  using std::chrono::hours;
  using std::chrono::seconds;
  schema.field("every", own<T>(&T::every), "How often it is asked.").range(seconds(1), hours(24));
  schema.field("timeout", own<T>(&T::timeout), "For one answer.").range(std::chrono::milliseconds(1), hours(1));
  schema.field("max_size", own<T>(&T::max_size), "Of an answer; a larger one is refused.")
      .range(ByteSize{1}, ByteSize{64 * 1024 * 1024});
  schema.field("headers", own<T>(&T::headers), "Fields of the request.")
      .secret()
      .example("{Authorization: file:/run/token}");
  schema.field("labels", own<T>(&T::labels), "Labels that all have.").example("{app: shop}");
  schema.field("series", own<T>(&T::series), "Most label sets; what is beyond them is counted as refused.")
      .range(1, 100'000);
  schema
      .field("stale_after", own<T>(&T::stale_after),
             "Without a good answer for so long its metrics go; absent: three times `every`.")
      .range(seconds(0), hours(24 * 365));
}
// What is wrong with URL or labels, "" when nothing.
std::string check_scrape(const std::string& url, const ScrapeOptions& options);
// For the Scraper; secrets are resolved now. The error is a sentence.
std::expected<ScrapeSettings, std::string> scrape_settings(const char* adapter, const std::string& url,
                                                           const ScrapeOptions& options);
// Puts the labels of the options in front of those of every metric that does not have them itself.
void add_labels(stats::MetricFamily& family, const std::map<std::string, std::string>& labels);

}  // namespace outrigger::adapters
