#pragma once

#include <memory>
#include <utility>

#include "event/event_loop.h"
#include "net/io.h"
#include "outrigger/exchange.h"

namespace outrigger::proxy {

// An exchange's wait for a helper thread. The helper only posts a ticket to the loop; who left meanwhile has torn it.
// Thread: the loop's.
class WaitForJob final : public net::Interruptible {
 public:
  explicit WaitForJob(net::WaitSlot& slot) : slot_(slot) {}
  WaitForJob(const WaitForJob&) = delete;
  WaitForJob& operator=(const WaitForJob&) = delete;
  ~WaitForJob() { stop(); }

  // `loop` outlives the helpers' threads. Never resumes from inside.
  void start(EventLoop& loop, Exchange::JobWait& wait, Job& job) {
    ticket_ = std::make_shared<Ticket>(this, &wait);
    slot_.current = this;
    auto redeem = [ticket = ticket_] {
      if (ticket->owner != nullptr) ticket->owner->interrupt();
    };
    if (!job.when_done([&loop, redeem] { loop.post(redeem); })) loop.post(redeem);
  }
  void stop() {
    if (!ticket_) return;
    std::exchange(ticket_, nullptr)->owner = nullptr;
    slot_.current = nullptr;
  }
  // The job is done, or the request's time is over.
  void interrupt() override {
    Exchange::JobWait* const wait = ticket_->wait;
    stop();
    wait->done();
  }

 private:
  struct Ticket {
    WaitForJob* owner;
    Exchange::JobWait* wait;
  };
  net::WaitSlot& slot_;
  std::shared_ptr<Ticket> ticket_;
};

}  // namespace outrigger::proxy
