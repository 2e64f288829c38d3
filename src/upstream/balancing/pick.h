#pragma once

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "event/event_loop.h"
#include "upstream/balancing/balancer.h"

namespace outrigger::upstream {

// An endpoint that was picked for a try: counts as active until this is destroyed, and then tells the gates how the try
// ended. Move-only. Thread: its worker.
class Pick {
 public:
  Pick() = default;
  Pick(const Member& member, const EventLoop& loop) : loop_(&loop), endpoint_(member.endpoint), gates_(member.gates) {
    endpoint_->begin();
    tickets_ = gates_->on_pick(loop.now());
  }
  Pick(Pick&& other) noexcept
      : loop_(other.loop_),
        endpoint_(std::move(other.endpoint_)),
        gates_(std::move(other.gates_)),
        tickets_(other.tickets_),
        outcome_(std::exchange(other.outcome_, {})) {}
  Pick& operator=(Pick&& other) noexcept {
    if (this != &other) {
      end();
      loop_ = other.loop_;
      endpoint_ = std::move(other.endpoint_);
      gates_ = std::move(other.gates_);
      tickets_ = other.tickets_;
      outcome_ = std::exchange(other.outcome_, {});
    }
    return *this;
  }
  ~Pick() { end(); }

  explicit operator bool() const { return endpoint_ != nullptr; }
  const std::shared_ptr<Endpoint>& endpoint() const { return endpoint_; }
  // What the gates will hear; nothing: that the try says nothing about the endpoint.
  void set_outcome(const TryOutcome& outcome) { outcome_ = outcome; }
  // The answer's head came.
  void set_answered(const TryOutcome& outcome) {
    outcome_ = outcome;
    gates_->on_answer(loop_->now(), tickets_);
  }
  // How the answer's content ended: why it broke off, or that the client left though it wanted more.
  void set_end(Failure cut, bool is_starved) {
    if (!outcome_) return;
    outcome_->cut = cut;
    outcome_->is_left = cut == Failure::none && is_starved;
  }
  // No head came before the client left; so long the service had the whole request.
  void set_left(Duration waited) {
    if (endpoint_ && !outcome_ && waited > Duration(0)) outcome_ = {.is_left = true, .duration = waited};
  }
  // Tells the gates now, and is empty then.
  void end() {
    if (!endpoint_) return;
    if (outcome_) {
      observe_latency();
      gates_->on_result(*outcome_, loop_->now(), tickets_);
    } else {
      gates_->on_cancel(tickets_);
    }
    endpoint_->end();
    endpoint_.reset();
  }

 private:
  // Neither a failure nor a client that does not wait must make an endpoint look quick.
  void observe_latency() {
    if (outcome_->is_left && outcome_->status == 0) return;
    const bool failed = outcome_->failure != Failure::none || outcome_->cut != Failure::none;
    const Duration floor = failed ? Duration(std::chrono::seconds(1)) : Duration(1);
    endpoint_->latency().observe(std::max(outcome_->duration, floor), loop_->now());
  }

  const EventLoop* loop_ = nullptr;
  std::shared_ptr<Endpoint> endpoint_;
  std::shared_ptr<const Gates> gates_;
  Gates::Tickets tickets_{};
  std::optional<TryOutcome> outcome_;
};

}  // namespace outrigger::upstream
