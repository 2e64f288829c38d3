#include "adapters/health/webhook.h"

#include <algorithm>

#include "adapters/scraper.h"
#include "http/url.h"
#include "outrigger/process_log.h"

namespace outrigger::adapters {
namespace {

using namespace std::chrono_literals;

constexpr Duration kFirstPause = 1s;
constexpr Duration kLongestPause = 30s;

stats::Counter counter(const std::string& name, const char* result) {
  return stats::counter("outrigger_health_webhooks_total", "Tries to tell a webhook of a change, by what came of it.",
                        {{"name", name}, {"result", result}});
}

}  // namespace

void describe(config::Schema<WebhookOptions>& schema) {
  schema.summary("Who is told when the state changes: a POST of JSON.");
  schema.shorthand("url");
  schema.field("url", &WebhookOptions::url, "Where to.")
      .required()
      .check_text([](const std::string& text) {
        const auto url = http::parse_url(text);
        return url ? std::string() : url.error();
      })
      .example("http://127.0.0.1:9000/changed");
  schema.field("headers", &WebhookOptions::headers, "Fields of the request.").secret();
  schema.field("timeout", &WebhookOptions::timeout, "For one try.")
      .range(std::chrono::milliseconds(1), std::chrono::minutes(5));
  schema.field("tries", &WebhookOptions::tries, "Until one is answered with 2xx.").range(1, 100);
}

Webhook::Webhook(WebhookOptions options, std::map<std::string, std::string> headers, std::string name,
                 const AdapterServices& services)
    : options_(std::move(options)),
      headers_(std::move(headers)),
      name_(std::move(name)),
      services_(services),
      sent_(counter(name_, "sent")),
      failed_(counter(name_, "failed")),
      given_up_(counter(name_, "given_up")),
      news_(std::static_pointer_cast<std::string>(
          services_.store.find_or_make("health news " + name_, [] { return std::make_shared<std::string>(); }))),
      again_(services.loop, [this] { attempt(); }) {}

void Webhook::send(std::string json) {
  *news_ = std::move(json);
  start();
}

void Webhook::start() {
  if (is_idle()) return;
  tries_left_ = options_.tries;
  pause_ = kFirstPause;
  again_.stop();
  attempt();
}

void Webhook::hurry() {
  is_hurried_ = true;
  if (is_idle() || fetch_) return;
  again_.stop();
  attempt();
}

void Webhook::attempt() {
  --tries_left_;
  upstream::FetchRequest request{.method = "POST", .url = options_.url, .content = *news_, .timeout = options_.timeout};
  request.fields.emplace_back("Content-Type", "application/json");
  for (const auto& [name, value] : headers_) request.fields.emplace_back(name, value);
  fetch_ = std::make_unique<upstream::Fetch>(services_.loop, services_.resolver, std::move(request),
                                             [this](const auto& answer) { on_answer(answer); });
}

void Webhook::on_answer(const upstream::Fetch::Result& answer) {
  const bool is_taken = answer && answer->status >= 200 && answer->status < 300;
  const std::string why = answer ? "status " + std::to_string(answer->status) : answer.error();
  fetch_.reset();
  if (is_taken) {
    news_->clear();
    return sent_.add();
  }
  failed_.add();
  if (tries_left_ > 0 && !is_hurried_) {
    again_.start(pause_);
    pause_ = std::min(2 * pause_, kLongestPause);
    return;
  }
  news_->clear();
  given_up_.add();
  log(LogLevel::warn, "a webhook was not told of a change",
      {{"name", name_}, {"url", shown(options_.url)}, {"why", why}});
}

}  // namespace outrigger::adapters
