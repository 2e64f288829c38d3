#pragma once

#include <cstdint>

namespace outrigger {

// How many bytes of buffers the whole process holds, against a limit: read buffers and the arenas of requests, kept
// request bodies among them. New requests are refused above it; those under way may always take, so that they can end.
//
// Threads count by themselves and settle in steps of kStep, so used() may be off by that for each thread.
// Thread: any. Cost: a thread-local addition.
class MemoryBudget {
 public:
  static constexpr std::int64_t kStep = 256 * 1024;

  static void set_limit(std::uint64_t bytes);
  static std::uint64_t limit();
  static std::uint64_t used();
  // The most that was used since the last call.
  static std::uint64_t take_peak();
  // Is there room for something new?
  static bool has_room() { return used() < limit(); }

  static void take(std::uint64_t bytes) { count(static_cast<std::int64_t>(bytes)); }
  static void give(std::uint64_t bytes) { count(-static_cast<std::int64_t>(bytes)); }

 private:
  static void count(std::int64_t bytes);
};

}  // namespace outrigger
