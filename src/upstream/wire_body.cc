#include "upstream/wire_body.h"

namespace outrigger::upstream {

using Step = http::h1::BodyDecoder::Step;

Body::State WireBody::pull(std::string_view& bytes) {
  if (waiter_ != nullptr) {
    waiter_ = nullptr;
    clear();
  }
  if (failure_ != Failure::none) return State::failed;
  while (!ended_) {
    const Step step = decoder_.step(input_.unread());
    input_.consume(step.consumed);
    if (step.state == Step::State::failed) return fail(failures_.malformed);
    ended_ = step.state == Step::State::done;
    if (!step.payload.empty()) {
      received_ += step.payload.size();
      if (received_ > limit_) return fail(Failure::body_too_large);
      bytes = step.payload;
      return State::data;
    }
    State state{};
    if (!ended_ && step.state == Step::State::need_input && !refill(state)) return state;
  }
  return State::end;
}

bool WireBody::refill(State& state) {
  const net::IoResult result = input_.fill_body(transport_);
  switch (result.state) {
    case net::IoResult::State::ok:
      return true;
    case net::IoResult::State::would_block:
      state = State::pending;
      return false;
    case net::IoResult::State::eof:
      state = on_eof();
      return false;
    case net::IoResult::State::error:
      break;
  }
  state = fail(failures_.truncated);
  return false;
}

Body::State WireBody::on_eof() {
  if (!decoder_.ends_with_connection()) return fail(failures_.truncated);
  ended_ = ended_by_close_ = true;
  return State::end;
}

Body::State WireBody::fail(Failure failure) {
  failure_ = failure;
  return State::failed;
}

void WireBody::park(Wakeable* waiter) {
  waiter_ = waiter;
  wait_readable(waiter);
  if (waiter != nullptr) {
    loop_.set_deadline(*this, idle_);
  } else {
    clear();
  }
}

void WireBody::expired() {
  failure_ = failures_.stalled;
  wait_readable(nullptr);
  if (waiter_ != nullptr) std::exchange(waiter_, nullptr)->wake();
}

}  // namespace outrigger::upstream
