#include "proxy/overload.h"

#include <catch2/catch.hpp>

#include "base/memory_budget.h"

namespace outrigger::proxy {

using namespace std::chrono_literals;

namespace {

constexpr Instant kStart(1000s);
constexpr int kClient = 0;  // a descriptor below every limit

config::ProcessLimits limits(Duration delay, double descriptors = 1) {
  config::ProcessLimits made;
  made.event_loop_delay = delay;
  made.descriptors = Share{descriptors};
  return made;
}

struct Memory {  // of the process, for one test
  explicit Memory(std::uint64_t bytes) { MemoryBudget::set_limit(bytes); }
  ~Memory() { MemoryBudget::set_limit(before); }
  std::uint64_t before = MemoryBudget::limit();
};

}  // namespace

TEST_CASE("overload: a peak of the loop's delay counts at once and halves with each tick", "[proxy][overload]") {
  LoopDelay delay;
  delay.observe(10ms);
  CHECK(delay.value() == 10ms);
  delay.observe(800ms);
  CHECK(delay.value() == 800ms);
  delay.observe(0ms);
  CHECK(delay.value() == 400ms);
  delay.observe(300ms);
  CHECK(delay.value() == 300ms);
}

TEST_CASE("overload: a late worker refuses requests, then accepts nothing, and recovers by itself",
          "[proxy][overload]") {
  EventLoop loop;
  Overload overload(loop);
  overload.apply(limits(1s));
  overload.tick(kStart, kStart + 999ms);
  CHECK(overload.refusal(kClient).empty());
  CHECK(overload.may_accept());

  overload.tick(kStart, kStart + 1s);
  CHECK(overload.refusal(kClient) == "the worker is late by more than limits.event_loop_delay");
  CHECK(overload.may_accept());
  overload.tick(kStart, kStart + 2s);
  CHECK_FALSE(overload.may_accept());

  overload.tick(kStart, kStart);  // 1 s: not over yet, but not twice the limit
  CHECK_FALSE(overload.refusal(kClient).empty());
  CHECK(overload.may_accept());
  overload.tick(kStart, kStart);
  CHECK(overload.refusal(kClient).empty());
  CHECK(overload.may_accept());
}

TEST_CASE("overload: without a limit a late worker refuses nothing", "[proxy][overload]") {
  EventLoop loop;
  Overload overload(loop);
  overload.apply(limits(0s));
  overload.tick(kStart, kStart + 1min);
  CHECK(overload.refusal(kClient).empty());
  CHECK(overload.may_accept());
}

TEST_CASE("overload: requests on descriptors beyond the share are refused", "[proxy][overload]") {
  EventLoop loop;
  Overload overload(loop);
  overload.apply(limits(1s, 0.5));
  CHECK(overload.refusal(kClient).empty());
  CHECK(overload.refusal(INT_MAX) == "limits.descriptors is used up");
  overload.tick(kStart, kStart);  // this process has low ones left
  CHECK(overload.refusal(kClient).empty());

  overload.accepted(INT_MAX);
  CHECK(overload.may_accept());  // lower ones became free meanwhile
}

TEST_CASE("overload: above limits.memory requests are refused, far above it nothing is accepted", "[proxy][overload]") {
  EventLoop loop;
  Overload overload(loop);
  overload.apply(limits(1s));
  const Memory memory(std::uint64_t{1} << 30);
  MemoryBudget::take(std::uint64_t{5} << 28);
  CHECK(overload.refusal(kClient) == "limits.memory is used up");
  CHECK(overload.may_accept());
  MemoryBudget::take(std::uint64_t{4} << 28);
  CHECK_FALSE(overload.may_accept());
  MemoryBudget::give(std::uint64_t{9} << 28);
  CHECK(overload.refusal(kClient).empty());
  CHECK(overload.may_accept());
}

}  // namespace outrigger::proxy
