#include "base/memory_budget.h"

#include <catch2/catch.hpp>
#include <thread>

#include "base/slab.h"
#include "outrigger/arena.h"

namespace outrigger {

TEST_CASE("memory budget: buffers and arenas count while they are in use", "[base]") {
  const std::uint64_t before = MemoryBudget::used();
  {
    Slab slab;
    Arena arena;
    REQUIRE(MemoryBudget::used() == before);
    slab.acquire();
    REQUIRE(MemoryBudget::used() == before + Slab::kSize);
    static_cast<void>(arena.allocate(100));
    REQUIRE(MemoryBudget::used() >= before + Slab::kSize + 100);
    slab.release();
    arena.reset();
    REQUIRE(MemoryBudget::used() == before);
    slab.acquire();
    static_cast<void>(arena.allocate(1'000'000));
    REQUIRE(MemoryBudget::used() > before + 1'000'000);
  }
  REQUIRE(MemoryBudget::used() == before);
}

TEST_CASE("memory budget: one thread may give back what another took", "[base]") {
  const std::uint64_t before = MemoryBudget::used();
  std::thread([] { MemoryBudget::take(10'000'000); }).join();
  REQUIRE(MemoryBudget::used() == before + 10'000'000);
  MemoryBudget::give(10'000'000);
  REQUIRE(MemoryBudget::used() == before);
}

TEST_CASE("memory budget: the peak since the last look is known", "[base]") {
  MemoryBudget::take_peak();
  const std::uint64_t before = MemoryBudget::used();
  MemoryBudget::take(10'000'000);
  MemoryBudget::give(10'000'000);
  REQUIRE(MemoryBudget::take_peak() + MemoryBudget::kStep >= before + 10'000'000);
  REQUIRE(MemoryBudget::take_peak() <= before + MemoryBudget::kStep);
}

TEST_CASE("memory budget: there is room below the limit", "[base]") {
  const std::uint64_t limit = MemoryBudget::limit();
  MemoryBudget::set_limit(MemoryBudget::used() + 1);
  REQUIRE(MemoryBudget::has_room());
  MemoryBudget::take(1);
  REQUIRE_FALSE(MemoryBudget::has_room());
  MemoryBudget::give(1);
  MemoryBudget::set_limit(limit);
}

}  // namespace outrigger
