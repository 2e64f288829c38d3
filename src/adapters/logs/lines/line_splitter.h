#pragma once

#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string>
#include <string_view>

namespace outrigger::adapters::logs {

// A line of a stream of bytes, without its end ("\n" or "\r\n").
struct Line {
  std::string_view text;   // at most the splitter's limit
  std::uint64_t size = 0;  // bytes of the stream that it took, its end included
  std::uint64_t cut = 0;   // bytes of the line behind `text` that were over the limit
};

// Makes lines of bytes as they come. Holds at most `most` bytes of a line that has not ended; what an over-long line
// has behind them is counted and left out.
class LineSplitter {
 public:
  explicit LineSplitter(std::size_t most) : most_(most) {}
  // Another limit, from here on: a line that was cut already stays cut.
  void set_most(std::size_t most) { most_ = most; }

  // Calls `take(const Line&)` for every line that ends in `bytes`. The text is valid during the call.
  template <class Take>
  void feed(std::string_view bytes, Take&& take) {
    while (!bytes.empty()) {
      const void* found = std::memchr(bytes.data(), '\n', bytes.size());
      if (found == nullptr) return keep(bytes);
      const auto length = static_cast<std::size_t>(static_cast<const char*>(found) - bytes.data());
      take(size_ == 0 ? whole(bytes.substr(0, length)) : joined(bytes.substr(0, length)));
      part_.clear();
      size_ = 0;
      bytes.remove_prefix(length + 1);
    }
  }
  // The line that has no end, if bytes of one are there: a file or stream is over. Valid until the next call.
  std::optional<Line> finish();
  // Bytes since the latest end of a line.
  std::uint64_t unfinished() const { return size_; }
  void clear();

 private:
  Line whole(std::string_view text) const;
  Line joined(std::string_view rest);
  Line line_of(std::string_view text, std::uint64_t length, std::uint64_t size) const;
  void keep(std::string_view bytes);

  std::size_t most_;
  std::string part_;        // the beginning of the line that has not ended
  std::uint64_t size_ = 0;  // bytes of it so far, also those over the limit
};

}  // namespace outrigger::adapters::logs
