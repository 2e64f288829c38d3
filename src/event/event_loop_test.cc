#include "event/event_loop.h"

#include <catch2/catch.hpp>

namespace outrigger {
namespace {

// Sets itself anew each time, as a connection does that always finds more to do.
class Restless final : public Deadline {
 public:
  Restless(EventLoop& loop, const bool& is_enough) : loop_(loop), is_enough_(is_enough) {}
  void expired() override {
    if (is_enough_ || ++turns == kMost) return loop_.stop();
    loop_.set_deadline(*this, Duration::zero());
  }
  static constexpr int kMost = 100'000;
  int turns = 0;

 private:
  EventLoop& loop_;
  const bool& is_enough_;
};

}  // namespace

TEST_CASE("event loop: who goes on in the next turn, again and again, keeps nobody waiting", "[event]") {
  EventLoop loop;
  bool is_heard = false;
  Restless one(loop, is_heard);
  Restless other(loop, is_heard);
  loop.set_deadline(one, Duration::zero());
  loop.set_deadline(other, Duration::zero());
  Timer timer(loop, [&] { is_heard = true; });
  timer.start(std::chrono::milliseconds(1));
  loop.run();
  CHECK(is_heard);
  CHECK(one.turns < Restless::kMost);
}

}  // namespace outrigger
