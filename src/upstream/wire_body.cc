#include "upstream/wire_body.h"

namespace outrigger::upstream {

using Step = http::h1::BodyDecoder::Step;

void WireBody::unpark() {
  if (waiter_ == nullptr) return;
  waiter_ = nullptr;
  clear();
}

Body::State WireBody::count(std::size_t bytes) {
  received_ += bytes;
  is_starved_ = false;
  if (last_byte_ != nullptr) *last_byte_ = loop_.now();
  return received_ > limit_ ? fail(Failure::body_too_large) : State::data;
}

std::uint64_t WireBody::spliceable() const {
  const bool is_next = !ended_ && failure_ == Failure::none && input_.unread().empty();
  const bool is_worth_it = last_byte_ == nullptr || is_busy_;
  return is_next && is_worth_it && transport_.can_splice() ? decoder_.plain_left() : 0;
}

Body::State WireBody::splice(int into, std::size_t most, std::size_t& taken) {
  unpark();
  if (failure_ != Failure::none) return State::failed;
  if (ended_) return State::end;
  const net::IoResult result = transport_.read_into_pipe(into, most);
  if (result.state != net::IoResult::State::ok) return stopped(result.state);
  taken = result.bytes;
  decoder_.skip(taken);
  ended_ = decoder_.done();
  return count(taken);
}

Body::State WireBody::pull(std::string_view& bytes) {
  unpark();
  if (failure_ != Failure::none) return State::failed;
  while (!ended_) {
    const Step step = decoder_.step(input_.unread());
    input_.consume(step.consumed);
    if (step.state == Step::State::failed) return fail(failures_.malformed);
    ended_ = step.state == Step::State::done;
    if (!step.payload.empty()) {
      bytes = step.payload;
      return count(bytes.size());
    }
    if (ended_ || step.state != Step::State::need_input) continue;
    const net::IoResult result = input_.fill_body(transport_);
    if (result.state != net::IoResult::State::ok) return stopped(result.state);
    is_busy_ = result.bytes == Slab::kSize;
  }
  return State::end;
}

// What a read that gave no bytes means.
Body::State WireBody::stopped(net::IoResult::State why) {
  is_starved_ = true;
  if (why == net::IoResult::State::would_block) return State::pending;
  return why == net::IoResult::State::eof ? on_eof() : fail(failures_.truncated);
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
  if (last_byte_ != nullptr && loop_.now() - *last_byte_ < idle_) return loop_.set_deadline(*this, idle_);
  break_off(failures_.stalled);
}

void WireBody::break_off(Failure failure) {
  failure_ = failure;
  Deadline::clear();
  wait_readable(nullptr);
  if (waiter_ != nullptr) std::exchange(waiter_, nullptr)->wake();
}

}  // namespace outrigger::upstream
