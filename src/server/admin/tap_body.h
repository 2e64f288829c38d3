#pragma once

#include <memory>
#include <string>

#include "event/event_loop.h"
#include "proxy/records/tap.h"

namespace outrigger::server {

// What a tap sees as JSON lines, as it comes. An empty line every 15 seconds of silence shows that both sides are still
// there; {"lost": N} stands where the reader was too slow. Ends after an hour. Thread: the loop's.
class TapBody final : public Body, private Deadline {
 public:
  // `held`: as long as it lives.
  TapBody(EventLoop& loop, std::shared_ptr<proxy::Tap> tap, std::shared_ptr<void> held);
  ~TapBody() override;

  State pull(std::string_view& bytes) override;
  void park(Wakeable* waiter) override;

 private:
  struct Ticket {
    TapBody* body;
  };
  void expired() override;
  void wake();

  EventLoop& loop_;
  const std::shared_ptr<proxy::Tap> tap_;
  const std::shared_ptr<void> held_;
  const Instant begun_;
  std::string lines_;
  std::shared_ptr<Ticket> ticket_;
  Wakeable* waiter_ = nullptr;
  bool is_silent_ = false;
};

}  // namespace outrigger::server
