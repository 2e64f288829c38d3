#pragma once

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>

#include "outrigger/line_log.h"

namespace outrigger::base {

// The bytes between one thread that formats lines and the thread that writes them: a ring of chunks, each filled with
// whole lines and handed over when the next line might not fit.
//
//     read by the writer ->  [ sealed ][ sealed ][ filling | free ][ free ]  <- filled by the producer
//
// No lock: `filled` of a chunk goes up by its producer, back to 0 by the writer once the chunk is sealed and written.
class LineLane {
 public:
  // Producer: room for LineLog::kMaxLine bytes, null when every chunk is in use.
  char* reserve() noexcept {
    if (kChunk - position_ < LineLog::kMaxLine && !start_chunk()) return nullptr;
    return at(filling_) + position_;
  }
  // Producer: publishes `size` bytes. Sequentially consistent with what the producer looks at next (is anybody awake?).
  void commit(std::size_t size) noexcept {
    position_ += static_cast<std::uint32_t>(size);
    filled_[filling_].store(position_, std::memory_order_seq_cst);
  }
  // Producer: how many chunks were sealed so far, a reason to wake the writer early.
  std::uint32_t sealed() const noexcept { return sealed_; }
  // Producer: the last thing it says.
  void close() noexcept { closed_.store(true, std::memory_order_release); }

  // Writer: committed bytes of one chunk, empty when there are none. Valid until consume().
  std::string_view peek() noexcept {
    for (;;) {
      const std::uint32_t state = filled_[reading_].load(std::memory_order_seq_cst);
      const std::uint32_t filled = state & ~kSealed;
      if (consumed_ < filled) return {at(reading_) + consumed_, filled - consumed_};
      if ((state & kSealed) == 0) return {};
      filled_[reading_].store(0, std::memory_order_release);
      consumed_ = 0;
      reading_ = (reading_ + 1) % kChunks;
    }
  }
  void consume(std::size_t size) noexcept { consumed_ += static_cast<std::uint32_t>(size); }
  // Writer: the producer is gone; what it committed may still be here.
  bool is_closed() const noexcept { return closed_.load(std::memory_order_acquire); }

 private:
  static constexpr std::uint32_t kChunk = 64 * 1024;
  static constexpr std::uint32_t kChunks = LineLog::kLaneSize / kChunk;
  static constexpr std::uint32_t kSealed = std::uint32_t{1} << 31;

  char* at(std::uint32_t chunk) const noexcept { return data_.get() + std::size_t{chunk} * kChunk; }
  bool start_chunk() noexcept {
    const std::uint32_t next = (filling_ + 1) % kChunks;
    if (filled_[next].load(std::memory_order_acquire) != 0) return false;
    filled_[filling_].store(position_ | kSealed, std::memory_order_release);
    filling_ = next;
    position_ = 0;
    ++sealed_;
    return true;
  }

  std::unique_ptr<char[]> data_{new char[LineLog::kLaneSize]};  // untouched pages cost nothing
  std::array<std::atomic<std::uint32_t>, kChunks> filled_{};
  std::atomic<bool> closed_{false};
  alignas(64) std::uint32_t filling_ = 0;  // the producer's
  std::uint32_t position_ = 0;
  std::uint32_t sealed_ = 0;
  alignas(64) std::uint32_t reading_ = 0;  // the writer's
  std::uint32_t consumed_ = 0;
};

}  // namespace outrigger::base
