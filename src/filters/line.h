#pragma once

#include <cstddef>
#include <cstring>
#include <string_view>

namespace outrigger::filters {

// Puts one log line into a room of fixed size. Whatever comes from outside is escaped, so that it can neither end the
// line nor pretend to be another field. What does not fit is left out, and `is_full` says so.
class Line {
 public:
  // A value is cut behind so many bytes.
  static constexpr std::size_t kMaxValue = 2048;

  // The last bytes of the room are kept for finish().
  Line(char* room, std::size_t size) : begin_(room), at_(room), end_(room + size - kTail.size()) {}

  // As it is.
  void raw(std::string_view text) {
    if (text.size() > static_cast<std::size_t>(end_ - at_)) {
      is_full_ = true;
      return;
    }
    if (text.empty()) return;  // its data may be null
    std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  // The inside of a JSON string. RFC 8259 section 7; bytes that are not UTF-8 become the character of their number.
  void json(std::string_view text);
  // Quotes, backslashes, control characters and what is not ASCII as \" \\ \xHH.
  void plain(std::string_view text);

  bool is_full() const { return is_full_; }
  // A place to go back to when a field does not fit whole.
  char* mark() const { return at_; }
  void rewind(char* mark) { at_ = mark; }

  // Appends `tail` and the line's end; how long the line is. `tail` is at most a byte.
  std::size_t finish(std::string_view tail) {
    end_ += kTail.size();
    is_full_ = false;
    raw(tail);
    raw("\n");
    return static_cast<std::size_t>(at_ - begin_);
  }

 private:
  static constexpr std::string_view kTail = "}\n";
  void hex(std::string_view lead, unsigned char byte);

  char* begin_;
  char* at_;
  char* end_;
  bool is_full_ = false;
};

}  // namespace outrigger::filters
