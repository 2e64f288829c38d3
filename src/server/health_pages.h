#pragma once

#include <memory>
#include <vector>

#include "adapters/health/health.h"
#include "config/settings.h"
#include "outrigger/filter.h"

namespace outrigger::server {

// Answers the paths of `adapters.health` in front of everything else of a listener: no log, no access control, no
// limit, since a probe has none of what these ask for. Everything else passes. Thread: the worker.
class HealthPages final : public Filter {
 public:
  explicit HealthPages(std::vector<adapters::HealthPage> pages) : pages_(std::move(pages)) {}
  [[clang::coro_wrapper]] Task<Response> handle(Exchange& exchange, Next next) override;

 private:
  std::vector<adapters::HealthPage> pages_;
};

// Those of a listener; null: it has none.
std::unique_ptr<Filter> make_health_pages(const adapters::AdapterSet& set, const config::Listener& listener);

// 200 for what is healthy, else 503; JSON where the client wants that more than text.
Response health_answer(Exchange& exchange, bool is_healthy, const std::string& text, const std::string& json);

}  // namespace outrigger::server
