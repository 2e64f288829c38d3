#include "adapters/logs/output/batch.h"

#include <algorithm>
#include <cstring>

namespace outrigger::adapters::logs {

void Checkpoint::set(const Event& event) {
  offset = event.end;
  if (event.last.empty()) return;  // the bytes before still tell
  const std::string_view tail = event.last.substr(event.last.size() - std::min(event.last.size(), last.size()));
  std::memcpy(last.data(), tail.data(), tail.size());
  last_size = static_cast<std::uint8_t>(tail.size());
  last_end = event.last_end;
}

// A batch that was delivered late, after a reload, must not move a position back.
void Checkpoint::apply() const {
  if (offset < position->offset) return;
  position->offset = offset;
  if (last_size > 0) position->last = Trace::of({last.data(), last_size}, last_end);
}

Checkpoint& Batch::checkpoint_of(const std::shared_ptr<FilePosition>& position) {
  const auto found = std::ranges::find(checkpoints, position, &Checkpoint::position);
  if (found != checkpoints.end()) return *found;
  Checkpoint& checkpoint = checkpoints.emplace_back();
  checkpoint.position = position;
  return checkpoint;
}

void Batch::apply_checkpoints() const {
  for (const Checkpoint& checkpoint : checkpoints) checkpoint.apply();
}

}  // namespace outrigger::adapters::logs
