#include "adapters/scraper.h"

#include <algorithm>

#include "outrigger/process_log.h"

namespace outrigger::adapters {
namespace {

constexpr const char* kResults[] = {"good", "unreachable", "too_large", "bad_status", "bad_content"};

}  // namespace

std::string shown(const std::string& url) { return url.substr(0, url.find('?')); }

Scraper::Scraper(const AdapterServices& services, ScrapeSettings settings, std::shared_ptr<MetricSource> metrics,
                 std::function<std::string(const std::string&)> use)
    : services_(services),
      settings_(std::move(settings)),
      metrics_(std::move(metrics)),
      use_(std::move(use)),
      up_(stats::gauge("outrigger_scrape_up", "1: the latest answer of this page was good.",
                       {{"adapter", settings_.adapter}, {"origin", shown(settings_.url)}})),
      next_(services_.loop, [this] { ask(); }) {
  for (std::size_t i = 0; i < std::size(results_); ++i) {
    results_[i] =
        stats::counter("outrigger_scrapes_total", "Pages that were asked for their metrics, by what came of it.",
                       {{"adapter", settings_.adapter}, {"origin", shown(settings_.url)}, {"result", kResults[i]}});
  }
}

void Scraper::ask() {
  began_ = services_.loop.now();
  if (good_at_ == Instant{}) good_at_ = began_;
  upstream::FetchRequest request{.url = settings_.url, .timeout = settings_.timeout, .max_content = settings_.max_size};
  request.fields.emplace_back("Accept", settings_.accept);
  for (const auto& [name, value] : settings_.headers) request.fields.emplace_back(name, value);
  fetch_ = std::make_unique<upstream::Fetch>(services_.loop, services_.resolver, std::move(request),
                                             [this](auto answer) { on_answer(std::move(answer)); });
}

Scraper::Result Scraper::look_at(const upstream::Fetch::Result& answer, std::string& problem) {
  if (!answer) {
    problem = answer.error();
    return problem.contains("is larger than") ? Result::too_large : Result::unreachable;
  }
  if (answer->status != 200) {
    problem = "it answers with status " + std::to_string(answer->status);
    return Result::bad_status;
  }
  problem = use_(answer->content);
  return problem.empty() ? Result::good : Result::bad_content;
}

void Scraper::on_answer(upstream::Fetch::Result answer) {
  std::string problem;
  const Result result = look_at(answer, problem);
  const Instant now = services_.loop.now();
  results_[static_cast<std::size_t>(result)].add();
  up_.set(result == Result::good ? 1 : 0);
  tell(result, problem);
  if (result == Result::good) good_at_ = now;
  if (now - good_at_ >= settings_.stale_after) metrics_->clear();
  fetch_.reset();
  next_.start(std::max(Duration(0), settings_.every - (now - began_)));
}

void Scraper::tell(Result result, const std::string& problem) {
  const bool is_good = result == Result::good;
  if (is_good == was_good_) return;
  was_good_ = is_good;
  const std::string page = shown(settings_.url);
  if (is_good) {
    log(LogLevel::info, "metrics can be read again", {{"adapter", settings_.adapter}, {"url", page}});
  } else {
    log(LogLevel::warn, "metrics cannot be read", {{"adapter", settings_.adapter}, {"url", page}, {"why", problem}});
  }
}

}  // namespace outrigger::adapters
