#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace outrigger::adapters::logs {

// Finds the messages in a stream of syslog, RFC 6587: each is counted ("12 <13>...", section 3.4.1) or ends in "\n" or
// NUL (3.4.2), whatever the one before it did. Holds at most `most` bytes of one that has not ended; what is over that
// is left out and counted.
class SyslogFraming {
 public:
  explicit SyslogFraming(std::size_t most) : most_(most) {}
  // Another limit, from here on: a message that was cut already stays cut.
  void set_most(std::size_t most) { most_ = most; }

  // Calls `take(std::string_view message, std::uint64_t cut)` for each message that ends in `bytes`; empty ones aside.
  // The message is valid during the call. False: what came is no frame of either kind and the stream cannot be read on
  // (a count of more than 9 digits).
  template <class Take>
  bool feed(std::string_view bytes, Take&& take) {
    while (!bytes.empty()) {
      const std::size_t used = step(bytes);
      bytes.remove_prefix(used);
      if (is_broken_) return false;
      if (is_complete_) emit(take);
    }
    return true;
  }
  // The stream is over: what has no end is a message too. What a counted one lacks is cut.
  template <class Take>
  void finish(Take&& take) {
    if (counting_ && left_ == 0) message_ = digits_;
    cut_ += left_;
    emit(take);
  }

 private:
  // Takes some bytes, at least one; `is_complete_` if they end a message.
  std::size_t step(std::string_view bytes);
  std::size_t take_count(std::string_view bytes);
  std::size_t take_counted(std::string_view bytes);
  std::size_t take_line(std::string_view bytes);
  void keep(std::string_view bytes);
  template <class Take>
  void emit(Take&& take) {
    if (!message_.empty()) take(std::string_view(message_), cut_);
    message_.clear();
    digits_.clear();
    cut_ = left_ = 0;
    counting_ = in_line_ = is_complete_ = false;
  }

  std::size_t most_;
  std::string message_;     // the beginning of the one that has not ended
  std::string digits_;      // of a count that has not ended
  std::uint64_t cut_ = 0;   // bytes of it over the limit
  std::uint64_t left_ = 0;  // bytes of a counted message that are to come
  bool counting_ = false;   // it began with a digit
  bool in_line_ = false;    // it ends in a line end
  bool is_complete_ = false;
  bool is_broken_ = false;
};

}  // namespace outrigger::adapters::logs
