#include "proxy/calls/replay_body.h"

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
  note(bytes.size());
  if (keeps()) store(bytes);
  return state;
}

std::uint64_t ReplayBody::spliceable() const { return replaying_ != nullptr || keeps() ? 0 : source_.spliceable(); }

Body::State ReplayBody::splice(int into, std::size_t most, std::size_t& taken) {
  const State state = source_.splice(into, most, taken);
  if (state == State::data) note(taken);
  return state;
}

void ReplayBody::note(std::size_t bytes) {
  pulled_ += bytes;
  last_pull_ = loop_.now();
}

void ReplayBody::store(std::string_view bytes) {
  kept_ += bytes.size();
  overflowed_ = kept_ > window_ || !MemoryBudget::has_room();
  if (overflowed_) return;
  auto* piece = arena_.make<Piece>(arena_.copy(bytes), nullptr);
  (last_ == nullptr ? first_ : last_->next) = piece;
  last_ = piece;
}

}  // namespace outrigger::proxy
