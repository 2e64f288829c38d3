#pragma once

#include <map>
#include <memory>
#include <string>

#include "adapters/adapter.h"
#include "upstream/fetch/fetch.h"

namespace outrigger::adapters {

struct WebhookOptions {
  std::string url;
  std::map<std::string, std::string> headers;  // secret references
  Duration timeout = std::chrono::seconds(5);
  std::uint32_t tries = 5;
};
void describe(config::Schema<WebhookOptions>& schema);

// Tells a URL what changed: a POST of JSON, tried again with pauses of 1 s doubling to 30 s. Only the latest news
// counts: a newer one takes the place of one that waits. What was not told yet goes on after a reload, by name.
// Thread: the adapters'.
class Webhook {
 public:
  // `headers`: resolved.
  Webhook(WebhookOptions options, std::map<std::string, std::string> headers, std::string name,
          const AdapterServices& services);

  // Goes on with what the one before of this name had not told.
  void start();
  void send(std::string json);
  // No pauses any more: what waits is tried now, and what fails now is given up.
  void hurry();
  bool is_idle() const { return news_->empty(); }

 private:
  void attempt();
  void on_answer(const upstream::Fetch::Result& answer);

  const WebhookOptions options_;
  const std::map<std::string, std::string> headers_;
  const std::string name_;
  AdapterServices services_;
  stats::Counter sent_, failed_, given_up_;
  const std::shared_ptr<std::string> news_;  // not told yet; empty: none
  std::uint32_t tries_left_ = 0;
  bool is_hurried_ = false;
  Duration pause_{};
  Timer again_;
  std::unique_ptr<upstream::Fetch> fetch_;
};

}  // namespace outrigger::adapters
