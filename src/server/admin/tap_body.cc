#include "server/admin/tap_body.h"

#include <nlohmann/json.hpp>
#include <utility>

#include "server/admin/record_json.h"

namespace outrigger::server {

namespace {

using namespace std::chrono_literals;

constexpr Duration kSilence = 15s;
constexpr Duration kLongest = 1h;
constexpr std::size_t kFull = 64 * 1024;  // bytes given at a time

}  // namespace

TapBody::TapBody(EventLoop& loop, std::shared_ptr<proxy::Tap> tap, std::shared_ptr<void> held)
    : loop_(loop), tap_(std::move(tap)), held_(std::move(held)), begun_(loop.now()) {}

TapBody::~TapBody() {
  park(nullptr);
  tap_->close();
}

Body::State TapBody::pull(std::string_view& bytes) {
  if (loop_.now() - begun_ >= kLongest) return State::end;
  lines_.clear();
  while (lines_.size() < kFull) {
    const auto record = tap_->take();
    if (!record) break;
    lines_ += as_json(*record).dump(-1, ' ', false, nlohmann::json::error_handler_t::replace) + "\n";
  }
  if (const std::uint64_t lost = tap_->take_lost()) lines_ += "{\"lost\": " + std::to_string(lost) + "}\n";
  if (lines_.empty() && std::exchange(is_silent_, false)) lines_ = "\n";
  bytes = lines_;
  return lines_.empty() ? State::pending : State::data;
}

void TapBody::park(Wakeable* waiter) {
  if (ticket_) std::exchange(ticket_, nullptr)->body = nullptr;
  waiter_ = waiter;
  clear();
  if (waiter == nullptr) return;
  loop_.set_deadline(*this, kSilence);
  ticket_ = std::make_shared<Ticket>(this);
  const auto wake = [ticket = ticket_] {
    if (ticket->body != nullptr) ticket->body->wake();
  };
  if (!tap_->wait(wake)) loop_.post(wake);
}

void TapBody::expired() {
  is_silent_ = true;
  wake();
}

void TapBody::wake() {
  if (ticket_) std::exchange(ticket_, nullptr)->body = nullptr;
  clear();
  if (waiter_ != nullptr) std::exchange(waiter_, nullptr)->wake();
}

}  // namespace outrigger::server
