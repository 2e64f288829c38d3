#include "proxy/records/tap.h"

#include <utility>

namespace outrigger::proxy {

Tap::Tap(RecordFilter filter, Poster& reader)
    : filter_(std::move(filter)),
      reader_(reader),
      lost_lines_(stats::counter("outrigger_tap_lost_total", "Requests that a reader of `tap` was too slow for.")) {}

void Tap::offer(std::shared_ptr<const Record> record) {
  std::function<void()> wake;
  {
    const std::lock_guard lock(mutex_);
    const std::size_t size = record->memory();
    if (records_.size() >= kMostRecords || bytes_ + size > kMostBytes) {
      lost_.fetch_add(1, std::memory_order_relaxed);
      lost_lines_.add();
      return;
    }
    bytes_ += size;
    records_.push_back(std::move(record));
    wake = std::exchange(wake_, nullptr);
  }
  if (wake) reader_.post(std::move(wake));
}

std::shared_ptr<const Record> Tap::take() {
  const std::lock_guard lock(mutex_);
  if (records_.empty()) return nullptr;
  auto record = std::move(records_.front());
  records_.pop_front();
  bytes_ -= record->memory();
  return record;
}

bool Tap::wait(std::function<void()> wake) {
  const std::lock_guard lock(mutex_);
  if (!records_.empty()) return false;
  wake_ = std::move(wake);
  return true;
}

}  // namespace outrigger::proxy
