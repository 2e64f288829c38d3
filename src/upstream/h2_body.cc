#include "upstream/h2_body.h"

#include <utility>

namespace outrigger::upstream {

void H2Body::push(std::string_view bytes) {
  // No stream keeps another from sending: the connection's window is for what is on its way, the stream's for what
  // waits.
  session_.consume_connection(bytes.size());
  received_ += bytes.size();
  if (last_byte_ != nullptr) *last_byte_ = loop_.now();
  if (received_ > limit_) return fail(Failure::body_too_large);
  waiting_.append(bytes);
  MemoryBudget::take(bytes.size());
  held_ += bytes.size();
  wake();
}

void H2Body::end() {
  ended_ = true;
  wake();
}

void H2Body::fail(Failure failure) {
  if (failure_ == Failure::none) failure_ = failure;
  wake();
}

Body::State H2Body::pull(std::string_view& bytes) {
  if (!pulled_.empty()) {
    session_.consume_stream(stream_, pulled_.size());
    MemoryBudget::give(pulled_.size());
    held_ -= pulled_.size();
  }
  pulled_.clear();
  if (failure_ != Failure::none) return State::failed;
  if (waiting_.empty()) return ended_ ? State::end : State::pending;
  pulled_.swap(waiting_);
  bytes = pulled_;
  return State::data;
}

void H2Body::park(Wakeable* waiter) {
  waiter_ = waiter;
  if (waiter != nullptr) {
    loop_.set_deadline(*this, idle_);
  } else {
    clear();
  }
}

void H2Body::expired() {
  if (last_byte_ != nullptr && loop_.now() - *last_byte_ < idle_) return loop_.set_deadline(*this, idle_);
  fail(failures_.stalled);
}

void H2Body::wake() {
  clear();
  if (waiter_ != nullptr) std::exchange(waiter_, nullptr)->wake();
}

}  // namespace outrigger::upstream
