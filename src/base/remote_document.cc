#include "base/remote_document.h"

#include <algorithm>
#include <utility>

namespace outrigger::base {

namespace {

// Those that were made, also such that are gone by now.
struct Known {
  std::mutex mutex;
  std::vector<std::weak_ptr<RemoteDocument>> documents;  // guarded by mutex
};

Known& known() {
  static Known instance;
  return instance;
}

}  // namespace

// One fetch, for those who wait for its end.
class RemoteDocument::Round final : public Job {
  void run() noexcept override {}
};

RemoteDocument::RemoteDocument(Rules rules, Parse parse)
    : rules_(std::move(rules)), parse_(parse), round_(std::make_shared<Round>()) {}

std::shared_ptr<RemoteDocument> RemoteDocument::find_or_make(const Rules& rules, Parse parse) {
  Known& all = known();
  const std::lock_guard lock(all.mutex);
  std::erase_if(all.documents, [](const auto& document) { return document.expired(); });
  for (const auto& weak : all.documents) {
    auto document = weak.lock();
    if (document && document->rules_ == rules && document->parse_ == parse) return document;
  }
  const std::shared_ptr<RemoteDocument> made(new RemoteDocument(rules, parse));
  all.documents.push_back(made);
  return made;
}

std::vector<std::shared_ptr<RemoteDocument>> RemoteDocument::all() {
  Known& all = known();
  const std::lock_guard lock(all.mutex);
  std::vector<std::shared_ptr<RemoteDocument>> found;
  for (const auto& weak : all.documents) {
    if (auto document = weak.lock()) found.push_back(std::move(document));
  }
  return found;
}

std::shared_ptr<const void> RemoteDocument::content() const {
  const std::lock_guard lock(mutex_);
  return content_;
}

std::string RemoteDocument::problem() const {
  const std::lock_guard lock(mutex_);
  return problem_;
}

std::shared_ptr<Job> RemoteDocument::ask(std::uint64_t version, Instant now) {
  std::function<void()> begin;
  std::shared_ptr<Job> round;
  {
    const std::lock_guard lock(mutex_);
    if (version != version_.load(std::memory_order_relaxed)) return nullptr;
    if (!begin_) return nullptr;
    if (round_) return round_;
    if (now < begun_at_ + kPause) return nullptr;
    begun_at_ = now;
    round = round_ = std::make_shared<Round>();
    begin = begin_;
  }
  begin();
  return round;
}

void RemoteDocument::serve(std::function<void()> begin) {
  const std::lock_guard lock(mutex_);
  begin_ = std::move(begin);
}

void RemoteDocument::begin(Instant now) {
  const std::lock_guard lock(mutex_);
  begun_at_ = now;
  if (!round_) round_ = std::make_shared<Round>();
}

std::expected<void, std::string> RemoteDocument::succeed(std::string_view text, Instant now) {
  auto parsed = parse_(text);
  if (!parsed) {
    fail(parsed.error(), now);
    return std::unexpected(std::move(parsed.error()));
  }
  std::unique_lock lock(mutex_);
  content_ = std::move(*parsed);
  good_at_ = now;
  problem_.clear();
  has_been_good_.store(true, std::memory_order_release);
  version_.fetch_add(1, std::memory_order_release);
  end_round(std::move(lock));
  return {};
}

void RemoteDocument::fail(std::string problem, Instant now) {
  std::unique_lock lock(mutex_);
  problem_ = std::move(problem);
  if (content_ && now - good_at_ >= rules_.keep) {
    content_ = nullptr;
    version_.fetch_add(1, std::memory_order_release);
  }
  end_round(std::move(lock));
}

void RemoteDocument::end_round(std::unique_lock<std::mutex> lock) {
  const auto round = std::exchange(round_, nullptr);
  lock.unlock();
  if (round) round->perform();
}

}  // namespace outrigger::base
