#pragma once

#include <algorithm>
#include <array>
#include <cstdint>
#include <string_view>

namespace outrigger::http::h2 {

// RFC 9113 section 4.1.
struct FrameHeader {
  std::uint32_t length;
  std::uint8_t type;
  std::uint8_t flags;
  std::uint32_t stream;
};

// Finds the frame headers in bytes that come in any pieces: what the library passes over in silence is seen here.
class FrameWalk {
 public:
  // `skip` bytes, the preface, come before the first frame.
  explicit FrameWalk(std::uint32_t skip) : left_(skip) {}

  // Calls `on_frame(const FrameHeader&, std::string_view begun)` for each header that `bytes` complete; `begun` is what
  // `bytes` hold of the payload. Cost: a few instructions a frame, none for content.
  template <typename OnFrame>
  void walk(std::string_view bytes, OnFrame on_frame) {
    while (!bytes.empty()) {
      const std::size_t passed = std::min<std::size_t>(left_, bytes.size());
      left_ -= static_cast<std::uint32_t>(passed);
      bytes.remove_prefix(passed);
      while (!bytes.empty() && size_ < kSize) {
        header_[size_++] = static_cast<unsigned char>(bytes.front());
        bytes.remove_prefix(1);
      }
      if (size_ < kSize || left_ > 0) return;
      const FrameHeader header = decoded();
      size_ = 0;
      left_ = header.length;
      on_frame(header, bytes.substr(0, header.length));
    }
  }

 private:
  static constexpr std::size_t kSize = 9;
  std::uint32_t number(std::size_t at, std::size_t bytes) const {
    std::uint32_t value = 0;
    for (std::size_t i = at; i < at + bytes; ++i) value = value << 8 | header_[i];
    return value;
  }
  FrameHeader decoded() const { return {number(0, 3), header_[3], header_[4], number(5, 4) & 0x7fffffffU}; }

  std::uint32_t left_;  // bytes to pass over
  std::uint8_t size_ = 0;
  std::array<unsigned char, kSize> header_{};
};

// The last streams that a peer opened, to tell a frame for one that is over from one for a stream that never was.
class RecentStreams {
 public:
  void opened(std::uint32_t id) {
    last_ = id;
    entries_[next_++ % entries_.size()] = id << 1;
  }
  // We reset it, so that frames may still be on their way (RFC 9113 section 5.1).
  void was_reset(std::uint32_t id) {
    for (auto& entry : entries_) {
      if (entry >> 1 == id) entry |= 1;
    }
  }
  std::uint32_t last() const { return last_; }
  bool has(std::uint32_t id) const {
    return std::ranges::any_of(entries_, [id](std::uint32_t entry) { return entry >> 1 == id; });
  }
  bool is_reset(std::uint32_t id) const { return std::ranges::find(entries_, id << 1 | 1) != entries_.end(); }

 private:
  std::array<std::uint32_t, 64> entries_{};
  std::size_t next_ = 0;
  std::uint32_t last_ = 0;
};

}  // namespace outrigger::http::h2
