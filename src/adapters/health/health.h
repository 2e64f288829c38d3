#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "adapters/adapter.h"
#include "adapters/health/health_verdict.h"
#include "adapters/health/hysteresis.h"
#include "adapters/health/round.h"
#include "adapters/health/webhook.h"
#include "adapters/runtime.h"

namespace outrigger::adapters {

struct HealthOptions {
  std::string name;
  std::string path;
  std::vector<std::string> listeners;
  bool details = false;
  bool ready = true;
  std::vector<Check> all, any;
  std::uint32_t rise = 2;
  std::uint32_t fall = 3;
  Duration every = std::chrono::seconds(5);
  std::optional<WebhookOptions> webhook;
};
void describe(config::Schema<HealthOptions>& schema);

// Makes the checks of an entry every `every` and says what they come to. Thread: the adapters'.
class Health final : public Adapter {
 public:
  Health(const HealthOptions& options, AdapterContext& context);
  void start() override;
  void finish() override;
  bool has_finished() const override { return !webhook_ || webhook_->is_idle(); }

 private:
  void begin();
  void end(bool is_good);
  void tell_change();

  const HealthOptions options_;
  EventLoop& loop_;
  std::shared_ptr<HealthVerdict> verdict_;
  Hysteresis state_;
  stats::Counter changes_;
  std::optional<Webhook> webhook_;
  Instant began_{};
  Timer next_;
  Round round_;
};

extern const AdapterType kHealthType;

// One entry as those see it who show it.
struct HealthPage {
  std::string path;                    // empty: on no listener
  std::vector<std::string> listeners;  // empty: on all of HTTP
  bool has_details = false;
  bool is_for_readiness = true;
  std::shared_ptr<const HealthVerdict> verdict;
};
// Of every entry of `adapters.health`, in the file's order. They are unknown until their first round is over.
std::vector<HealthPage> health_pages(const AdapterSet& set);

}  // namespace outrigger::adapters
