#include "proxy/replay_body.h"

#include "base/memory_budget.h"

namespace outrigger::proxy {

Body::State ReplayBody::pull(std::string_view& bytes) {
  if (replaying_ != nullptr) {
    bytes = replaying_->bytes;
    replaying_ = replaying_->next;
    return State::data;
  }
  const State state = source_.pull(bytes);
  if (state != State::data) return state;
  pulled_ += bytes.size();
  last_pull_ = loop_.now();
  if (keeping_ && !overflowed_) store(bytes);
  return state;
}

void ReplayBody::store(std::string_view bytes) {
  kept_ += bytes.size();
  overflowed_ = kept_ > kWindow || !MemoryBudget::has_room();
  if (overflowed_) return;
  auto* piece = arena_.make<Piece>(arena_.copy(bytes), nullptr);
  (last_ == nullptr ? first_ : last_->next) = piece;
  last_ = piece;
}

}  // namespace outrigger::proxy
