#include "outrigger/arena.h"

#include <catch2/catch.hpp>
#include <cstdint>
#include <cstring>
#include <vector>

using namespace outrigger;

TEST_CASE("arena: what it gives is aligned, writable and does not overlap", "[base][arena]") {
  Arena arena;
  std::vector<std::pair<char*, std::size_t>> given;
  for (std::size_t size : {1UZ, 7UZ, 16UZ, 17UZ, 1000UZ, Arena::kBlockSize, 3UZ, Arena::kBlockSize * 3, 64UZ}) {
    auto* memory = static_cast<char*>(arena.allocate(size));
    REQUIRE(reinterpret_cast<std::uintptr_t>(memory) % alignof(std::max_align_t) == 0);
    std::memset(memory, static_cast<int>(given.size()), size);
    given.emplace_back(memory, size);
  }
  for (std::size_t i = 0; i < given.size(); ++i) {
    for (std::size_t at = 0; at < given[i].second; ++at) REQUIRE(given[i].first[at] == static_cast<char>(i));
  }
}

TEST_CASE("arena: copies and joins live on when their sources are gone", "[base][arena]") {
  Arena arena;
  std::string_view copied;
  std::string_view joined;
  {
    const std::string source = "a text that is too long for the small string buffer";
    copied = arena.copy(source);
    joined = arena.concat(source, ", ", source);
  }
  REQUIRE(copied == "a text that is too long for the small string buffer");
  REQUIRE(joined.size() == copied.size() * 2 + 2);
  REQUIRE(arena.copy("").empty());
  REQUIRE(arena.concat("", "").empty());
}

TEST_CASE("arena: it can be used again after reset", "[base][arena]") {
  Arena arena;
  for (int round = 0; round < 1000; ++round) {
    for (int i = 0; i < 5; ++i) std::memset(arena.allocate(5000), round, 5000);
    arena.reset();
  }
  REQUIRE(arena.copy("again") == "again");
}

#ifndef OUTRIGGER_SANITIZED
TEST_CASE("arena: the newest allocation is given back, so a loop does not grow", "[base][arena]") {
  Arena arena;
  void* const first = arena.allocate(100);
  arena.release(first, 100);
  REQUIRE(arena.allocate(100) == first);
  void* const second = arena.allocate(50);
  arena.release(first, 100);  // not the newest: kept
  REQUIRE(arena.allocate(10) > second);
}

TEST_CASE("arena: a large allocation leaves the current block in use", "[base][arena]") {
  Arena arena;
  auto* const before = static_cast<char*>(arena.allocate(16));
  arena.allocate(Arena::kBlockSize * 2);
  REQUIRE(static_cast<char*>(arena.allocate(16)) == before + 16);
}

TEST_CASE("arena: blocks come back warm, last in first out", "[base][arena]") {
  void* warm = nullptr;
  {
    Arena arena;
    warm = arena.allocate(16);
  }
  Arena arena;
  REQUIRE(arena.allocate(16) == warm);
}

TEST_CASE("arena: one that starts small goes on with small blocks, up to a standard block in all", "[base][arena]") {
  Arena arena;
  arena.start_small();
  auto shares_block = [&arena, last = static_cast<char*>(nullptr)](std::size_t size) mutable {
    const char* const expected = last;
    auto* const given = static_cast<char*>(arena.allocate(size));
    last = given + size;
    return given == expected;
  };
  for (int i = 0; i < 4; ++i) REQUIRE_FALSE(shares_block(3008));
  REQUIRE(shares_block(16));
  REQUIRE_FALSE(shares_block(3008));
  for (int i = 0; i < 4; ++i) REQUIRE(shares_block(3008));  // of a standard one
}

TEST_CASE("arena: one that has a block already keeps it when it is told to start small", "[base][arena]") {
  Arena arena;
  auto* const first = static_cast<char*>(arena.allocate(1008));
  arena.start_small();
  REQUIRE(static_cast<char*>(arena.allocate(1008)) == first + 1008);
}

TEST_CASE("arena: what is too large for a small block gets a standard one", "[base][arena]") {
  Arena arena;
  arena.start_small();
  auto* const large = static_cast<char*>(arena.allocate(5008));
  REQUIRE(static_cast<char*>(arena.allocate(3008)) == large + 5008);
}
#else
TEST_CASE("arena: in sanitizer builds release frees at once, in any order", "[base][arena]") {
  Arena arena;
  void* const first = arena.allocate(100);
  void* const second = arena.allocate(100);
  arena.release(first, 100);
  arena.release(second, 100);
  REQUIRE(arena.allocate(8) != nullptr);
}
#endif
