#include "cache/flow.h"

#include <algorithm>
#include <cstring>

#include "base/memory_budget.h"
#include "cache/signal.h"

namespace outrigger::cache {

namespace {}  // namespace

Flow::~Flow() { MemoryBudget::give(counted_); }

void Flow::recount() {
  const std::uint64_t now = content_->memory();
  if (now > counted_) MemoryBudget::take(now - counted_);
  if (now < counted_) MemoryBudget::give(counted_ - now);
  counted_ = now;
}

void Flow::write(std::string_view bytes, std::uint64_t expected) {
  std::unique_lock lock(mutex_);
  while (!bytes.empty()) {
    const Content::Room room = content_->room(expected);
    const std::size_t size = std::min(room.size, bytes.size());
    std::memcpy(room.data, bytes.data(), size);
    content_->commit(size);
    bytes.remove_prefix(size);
    expected -= std::min<std::uint64_t>(expected, size);
  }
  if (!keeps_all_) content_->drop_before(slowest());
  recount();
  wake_all(lock);
}

void Flow::end(const Headers* trailers) {
  {
    const std::lock_guard lock(mutex_);
    if (trailers != nullptr && state_ == Body::State::pending) {
      for (const Field& field : *trailers) trailers_.emplace_back(field.name, field.value);
    }
  }
  finish(Body::State::end, Failure::none);
}

void Flow::finish(Body::State state, Failure why) {
  std::unique_lock lock(mutex_);
  if (state_ != Body::State::pending) return;
  state_ = state;
  failure_ = why;
  wake_all(lock);
}

void Flow::wake_all(std::unique_lock<std::mutex>& lock) {
  std::vector<std::pair<Poster*, std::shared_ptr<Ticket>>> waiting;
  for (Seat& seat : seats_) {
    if (seat.waiting) waiting.emplace_back(seat.poster, std::move(seat.waiting));
    seat.waiting = nullptr;
  }
  lock.unlock();
  for (auto& [poster, ticket] : waiting) {
    poster->post([torn = std::move(ticket)] {
      if (torn->reader != nullptr) torn->reader->woken();
    });
  }
}

void Flow::stop_keeping() {
  const std::lock_guard lock(mutex_);
  keeps_all_ = false;
  content_->drop_before(slowest());
  recount();
}

bool Flow::keeps_all() const {
  const std::lock_guard lock(mutex_);
  return keeps_all_;
}

bool Flow::has_readers() const {
  const std::lock_guard lock(mutex_);
  return !seats_.empty();
}

std::uint64_t Flow::slowest() const {
  std::uint64_t least = content_->size();
  for (const Seat& seat : seats_) least = std::min(least, seat.offset);
  return least;
}

std::shared_ptr<Job> Flow::room() {
  const std::lock_guard lock(mutex_);
  if (keeps_all_ || content_->size() - slowest() < kWindow) return nullptr;
  room_ = std::make_shared<Signal>();
  return room_;
}

std::shared_ptr<Job> Flow::room_made() {
  const bool is_made = keeps_all_ || content_->size() - slowest() < kWindow;
  return is_made ? std::exchange(room_, nullptr) : nullptr;
}

std::shared_ptr<const Content> Flow::take_content() {
  const std::lock_guard lock(mutex_);
  MemoryBudget::give(std::exchange(counted_, 0));
  return content_;
}

Flow::Seats::iterator Flow::sit(Poster* poster) {
  const std::lock_guard lock(mutex_);
  return seats_.insert(seats_.end(), Seat{0, poster, nullptr});
}

void Flow::leave(Seats::iterator seat) {
  std::shared_ptr<Job> made;
  {
    const std::lock_guard lock(mutex_);
    seats_.erase(seat);
    made = room_made();
  }
  if (made) made->perform();
}

Body::State Flow::read(Seats::iterator seat, std::uint64_t offset, std::string_view& bytes) {
  std::shared_ptr<Job> made;
  Body::State state = Body::State::data;
  {
    const std::lock_guard lock(mutex_);
    seat->offset = offset;
    bytes = content_->at(offset);
    if (bytes.empty()) state = offset < content_->begin() ? Body::State::failed : state_;
    made = room_made();
  }
  if (made) made->perform();
  return state;
}

bool Flow::wait(Seats::iterator seat, std::uint64_t offset, const std::shared_ptr<Ticket>& ticket) {
  const std::lock_guard lock(mutex_);
  const bool must = ticket == nullptr || (offset >= content_->size() && state_ == Body::State::pending);
  seat->waiting = must ? ticket : nullptr;
  return must;
}

Flow::Reader::~Reader() {
  park(nullptr);
  flow_->leave(seat_);
}

Body::State Flow::Reader::bytes_at(std::uint64_t offset, std::string_view& bytes) {
  const State state = flow_->read(seat_, offset, bytes);
  is_starved_ = state == State::pending;
  if (state == State::failed) failure_ = flow_->failure_;  // written before the state, under the lock that was held
  if (state == State::end && !trailers_ && is_whole() && !flow_->trailers_.empty()) take_trailers();
  return state;
}

// They are as old as the state, and no more change than it does.
void Flow::Reader::take_trailers() {
  trailers_.emplace(arena_);
  for (const auto& [name, value] : flow_->trailers_) trailers_->add(arena_.copy(name), arena_.copy(value));
}

bool Flow::Reader::is_too_late() const {
  const std::lock_guard lock(flow_->mutex_);
  return flow_->content_->begin() > 0;
}

void Flow::Reader::park(Wakeable* waiter) {
  if (ticket_) std::exchange(ticket_, nullptr)->reader = nullptr;
  waiter_ = waiter;
  if (waiter == nullptr) {
    flow_->wait(seat_, offset(), nullptr);
    return;
  }
  ticket_ = std::make_shared<Ticket>(this);
  if (flow_->wait(seat_, offset(), ticket_)) return;
  // Something came between the pull and now.
  seat_->poster->post([ticket = ticket_] {
    if (ticket->reader != nullptr) ticket->reader->woken();
  });
}

void Flow::Reader::woken() {
  ticket_ = nullptr;
  if (waiter_ != nullptr) std::exchange(waiter_, nullptr)->wake();
}

}  // namespace outrigger::cache
