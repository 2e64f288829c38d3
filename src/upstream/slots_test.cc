#include "upstream/slots.h"

#include <atomic>
#include <catch2/catch.hpp>
#include <semaphore>
#include <thread>
#include <vector>

namespace outrigger::upstream {
namespace {

using Queued = Slots::Queued;

config::UpstreamLimits limits(std::uint32_t in_flight, std::uint32_t queue) {
  config::UpstreamLimits made;
  made.in_flight = in_flight;
  made.queue = queue;
  return made;
}

struct Waiting final : Slots::Waiter {
  void granted() override { is_granted = true; }
  bool is_granted = false;
};

// A waiter that another thread may grant.
struct Sleeping final : Slots::Waiter {
  void granted() override { grant.release(); }
  std::binary_semaphore grant{0};
};

}  // namespace

TEST_CASE("slots: as many as the limit, then the queue, first come first served", "[upstream]") {
  Slots slots(limits(1, 2));
  REQUIRE(slots.acquire());
  REQUIRE_FALSE(slots.acquire());
  Waiting first, second, third;
  REQUIRE(slots.enqueue(first) == Queued::waiting);
  REQUIRE(slots.enqueue(second) == Queued::waiting);
  REQUIRE(slots.enqueue(third) == Queued::full);
  REQUIRE(slots.queued() == 2);
  slots.release();
  REQUIRE(first.is_granted);
  REQUIRE_FALSE(second.is_granted);
  REQUIRE_FALSE(slots.acquire());  // it went to the first in the queue
  slots.release();
  REQUIRE(second.is_granted);
  slots.release();
  REQUIRE(slots.in_flight() == 0);
  REQUIRE(slots.queued() == 0);
}

TEST_CASE("slots: who asks for the queue after the last release gets the slot at once", "[upstream]") {
  Slots slots(limits(1, 2));
  REQUIRE(slots.acquire());
  REQUIRE_FALSE(slots.acquire());
  slots.release();  // between the failed acquire() and enqueue()
  Waiting late;
  REQUIRE(slots.enqueue(late) == Queued::acquired);
  REQUIRE(slots.in_flight() == 1);
  REQUIRE(slots.queued() == 0);
}

TEST_CASE("slots: who gives up waiting passes on what it was granted", "[upstream]") {
  Slots slots(limits(1, 2));
  REQUIRE(slots.acquire());
  Waiting first, second;
  REQUIRE(slots.enqueue(first) == Queued::waiting);
  REQUIRE(slots.enqueue(second) == Queued::waiting);
  SECTION("before the grant") {
    slots.abandon(first);
    slots.release();
    REQUIRE_FALSE(first.is_granted);
  }
  SECTION("after it") {
    slots.release();
    slots.abandon(first);
  }
  REQUIRE(second.is_granted);
  slots.release();
  REQUIRE(slots.in_flight() == 0);
}

TEST_CASE("slots: a lower limit grants nothing until fewer are taken", "[upstream]") {
  Slots slots(limits(3, 2));
  for (int i = 0; i < 3; ++i) REQUIRE(slots.acquire());
  Waiting waiter, second;
  REQUIRE(slots.enqueue(waiter) == Queued::waiting);
  slots.set_limits(limits(1, 1));
  REQUIRE(slots.in_flight() == 3);
  REQUIRE(slots.enqueue(second) == Queued::full);
  for (int left : {2, 1}) {
    slots.release();
    REQUIRE_FALSE(waiter.is_granted);
    REQUIRE(slots.in_flight() == static_cast<std::uint32_t>(left));
    REQUIRE_FALSE(slots.acquire());
  }
  slots.release();
  REQUIRE(waiter.is_granted);
  REQUIRE(slots.in_flight() == 1);
  slots.release();
  REQUIRE(slots.in_flight() == 0);
}

TEST_CASE("slots: a higher limit is for those who wait first", "[upstream]") {
  Slots slots(limits(1, 3));
  REQUIRE(slots.acquire());
  Waiting first, second, third, fourth;
  for (Waiting* waiter : {&first, &second, &third}) REQUIRE(slots.enqueue(*waiter) == Queued::waiting);
  slots.set_limits(limits(3, 0));
  REQUIRE((first.is_granted && second.is_granted));
  REQUIRE_FALSE(third.is_granted);  // it waits on, though the queue has no place any more
  REQUIRE(slots.enqueue(fourth) == Queued::full);
  slots.release();
  REQUIRE(third.is_granted);
  for (int i = 0; i < 3; ++i) slots.release();
  REQUIRE(slots.in_flight() == 0);
  REQUIRE(slots.queued() == 0);
}

TEST_CASE("slots: threads that take and give back while limits change never lose a slot nor a waiter", "[upstream]") {
  constexpr int kThreads = 4;
  constexpr int kRounds = 4000;
  Slots slots(limits(2, 3));
  std::atomic<int> inside{0};
  std::atomic<int> most{0};
  std::atomic<int> refused{0};
  const auto use = [&] {
    const int now = ++inside;
    int seen = most.load();
    while (seen < now && !most.compare_exchange_weak(seen, now)) {
    }
    --inside;
    slots.release();
  };
  std::vector<std::thread> threads;
  threads.emplace_back([&] {  // reloads meanwhile; 2 is the highest
    for (std::uint32_t round = 0; round < kRounds; ++round) slots.set_limits(limits(1 + round % 2, 3 - round % 2));
    slots.set_limits(limits(2, 3));
  });
  for (int i = 0; i < kThreads; ++i) {
    threads.emplace_back([&, i] {
      for (int round = 0; round < kRounds; ++round) {
        if (slots.acquire()) {
          use();
          continue;
        }
        Sleeping waiter;
        const Queued queued = slots.enqueue(waiter);
        if (queued == Queued::full) {
          ++refused;
        } else if (queued == Queued::acquired) {
          use();
        } else if ((round + i) % 7 == 0) {
          slots.abandon(waiter);
        } else {
          waiter.grant.acquire();  // hangs if it was forgotten
          use();
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();
  REQUIRE(most <= 2);
  REQUIRE(slots.in_flight() == 0);
  REQUIRE(slots.queued() == 0);
}

}  // namespace outrigger::upstream
