#pragma once

#include <memory>
#include <string>
#include <vector>

#include "adapters/health/health.h"
#include "adapters/registry.h"
#include "adapters/runtime.h"
#include "config/load.h"
#include "server/catalog.h"
#include "server/keyed_store.h"

namespace outrigger::test {

// Adapters on a loop of the test's own, without the process around them.
class AdapterHarness {
 public:
  // The text of an entry in the list `list` of `adapters:`, loaded, opened, made and started. Null where the
  // configuration is refused: `errors()` says why.
  adapters::Adapter* add(const std::string& list, const std::string& entry) {
    const std::string text =
        "version: 1\nlisteners: [{address: \"127.0.0.1:1\", upstream: app}]\n"
        "upstreams: {app: {endpoints: [\"127.0.0.1:9\"]}}\nadapters:\n  " +
        list + ":\n    - " + entry + "\n";
    adapters::AdapterSet set;
    const config::LoadResult loaded = config::load_text(
        text, "test.yaml", server::catalog(), [&](const config::Settings& settings, const config::Findings& findings) {
          adapters::check_claims(settings, findings);
          set = adapters::open_adapters(settings, store_, findings);
        });
    errors_.clear();
    for (const auto& diagnostic : loaded.diagnostics) errors_ += diagnostic.message + "\n";
    if (!loaded.settings) return nullptr;
    const auto& item = set.items.front();
    adapters::AdapterContext context{item.spec.path, item.spec.fingerprint, services_, item.opened};
    auto made = static_cast<const adapters::AdapterType*>(item.spec.type)->make(item.spec.config.get(), context);
    made->start();
    set_.items.push_back(item);
    return adapters_.emplace_back(std::move(made)).get();
  }
  const std::string& errors() const { return errors_; }
  // Ends all adapters.
  void clear() {
    adapters_.clear();
    set_.items.clear();
  }

  // A line of the logs.
  void line(std::string_view body, std::vector<adapters::ParsedField> fields = {},
            std::string_view source = "app.log") {
    lines_.publish({loop_.wall_now(), adapters::LogSeverity::info, body, fields, source});
  }
  // What others brought, without ours, in Prometheus' format.
  std::string metrics() const {
    std::vector<stats::MetricFamily> page;
    metrics_.add_to(page);
    return stats::text_format(page);
  }
  // Runs the loop until `is_done`, for ten seconds at most; whether it became true.
  template <typename Condition>
  bool run_until(Condition is_done) {
    const auto give_up = std::chrono::steady_clock::now() + std::chrono::seconds(10);
    Timer timer(loop_, [&] { loop_.stop(); });
    while (!is_done() && std::chrono::steady_clock::now() < give_up) {
      timer.start(std::chrono::milliseconds(5));
      loop_.run();
    }
    return is_done();
  }

  // The health pages of all that were added.
  std::vector<adapters::HealthPage> pages() const { return adapters::health_pages(set_); }

  const adapters::AdapterServices& services() const { return services_; }
  EventLoop& loop() { return loop_; }
  adapters::LineBus& lines() { return lines_; }
  adapters::MetricStore& store() { return metrics_; }

 private:
  EventLoop loop_;
  net::dns::Resolver resolver_{loop_};
  adapters::ChildReaper children_{loop_};
  server::ProcessStore store_;
  adapters::LineBus lines_;
  adapters::MetricStore metrics_;
  adapters::AdapterServices services_{loop_, resolver_, store_, lines_, metrics_, children_};
  std::vector<std::unique_ptr<adapters::Adapter>> adapters_;
  adapters::AdapterSet set_;
  std::string errors_;
};

}  // namespace outrigger::test
