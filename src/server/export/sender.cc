#include "server/export/sender.h"

#include <algorithm>

#include "base/random.h"
#include "outrigger/process_log.h"

namespace outrigger::server {
namespace {

using namespace std::chrono_literals;

constexpr Duration kFirstPause = 500ms;
constexpr Duration kLongestPause = 10s;

// By the protocol's specification, "Failures": 429, 502, 503 and 504 may pass, others do not.
bool may_pass(std::uint16_t status) { return status == 429 || (status >= 502 && status <= 504); }

}  // namespace

Sender::Sender(EventLoop& loop, net::dns::Resolver& resolver, ExportTarget target)
    : loop_(loop), resolver_(resolver), target_(std::move(target)), pause_(loop, [this] { try_again(); }) {}

void Sender::send(base::ExportQueue queue) {
  queue_ = std::move(queue);
  if (batch_.count == 0) next();
}

void Sender::next() {
  batch_ = take_batch(target_.form, queue_.lanes);
  if (batch_.count == 0) return;
  first_try_ = loop_.now();
  tries_ = 0;
  try_again();
}

void Sender::try_again() {
  ++tries_;
  auto request = request_for(target_, batch_.records);
  if (!request) return on_failure(request.error(), std::nullopt);
  fetch_ = std::make_unique<upstream::Fetch>(loop_, resolver_, std::move(*request),
                                             [this](upstream::Fetch::Result result) { on_answer(std::move(result)); });
}

void Sender::on_answer(upstream::Fetch::Result result) {
  fetch_.reset();
  if (!result) return on_failure(result.error(), std::nullopt);
  const std::string words = "the collector answered " + std::to_string(result->status);
  if (may_pass(result->status)) return on_failure(words, result->retry_after());
  if (result->status < 200 || result->status >= 300) return drop(queue_.stats->rejected, words);
  const auto refused = std::min<std::uint64_t>(rejected_records(target_.form, result->content), batch_.count);
  queue_.stats->sent.add(static_cast<std::int64_t>(batch_.count - refused));
  queue_.stats->rejected.add(static_cast<std::int64_t>(refused));
  if (std::exchange(is_failing_, false))
    log(LogLevel::info, "the collector takes records again", {{"url", target_.url}});
  next();
}

void Sender::on_failure(const std::string& why, std::optional<Duration> pause) {
  report(why);
  const Duration ceiling = std::min(kFirstPause * (1 << std::min(tries_ - 1, 5)), kLongestPause);
  const Duration wait = pause.value_or(ceiling / 2 + Duration(static_cast<Duration::rep>(random_below(
                                                         static_cast<std::uint64_t>(ceiling.count() / 2)))));
  const bool is_over = is_hurried_ || loop_.now() + wait - first_try_ > kLongestTry;
  if (is_over) return drop(queue_.stats->unreachable, why);
  pause_.start(wait);
}

void Sender::drop(const stats::Counter& reason, const std::string& why) {
  reason.add(static_cast<std::int64_t>(batch_.count));
  report(why);
  batch_ = {};
  if (!is_hurried_) next();
}

// Once, until it works again.
void Sender::report(const std::string& why) {
  if (std::exchange(is_failing_, true)) return;
  log(LogLevel::warn, "records cannot be sent to the collector", {{"url", target_.url}, {"why", why}});
}

void Sender::hurry() {
  is_hurried_ = true;
  if (batch_.count == 0) return next();
  if (fetch_) return;
  pause_.stop();
  try_again();
}

bool Sender::is_idle() const {
  return batch_.count == 0 && std::ranges::all_of(queue_.lanes, [](const auto& lane) { return lane->peek().empty(); });
}

std::size_t Sender::abandon() {
  fetch_.reset();
  pause_.stop();
  std::size_t left = 0;
  for (; batch_.count != 0; batch_ = take_batch(target_.form, queue_.lanes)) left += batch_.count;
  for (batch_ = take_batch(target_.form, queue_.lanes); batch_.count != 0;
       batch_ = take_batch(target_.form, queue_.lanes)) {
    left += batch_.count;
  }
  queue_.stats->shutdown.add(static_cast<std::int64_t>(left));
  return left;
}

}  // namespace outrigger::server
