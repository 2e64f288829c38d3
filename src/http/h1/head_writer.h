#pragma once

#include <charconv>
#include <cstring>
#include <string_view>

namespace outrigger::http::h1 {

// Puts a head into a buffer of known size. What does not fit is left out and `overflowed()` says so.
class HeadWriter {
 public:
  HeadWriter(char* begin, char* end) : begin_(begin), at_(begin), end_(end) {}

  void append(std::string_view text) {
    if (text.size() > static_cast<std::size_t>(end_ - at_)) {
      overflowed_ = true;
      return;
    }
    if (!text.empty()) std::memcpy(at_, text.data(), text.size());
    at_ += text.size();
  }
  void append_number(std::uint64_t number) {
    char text[20];
    append({text, static_cast<std::size_t>(std::to_chars(text, text + sizeof text, number).ptr - text)});
  }
  void field(std::string_view name, std::string_view value) {
    append(name);
    append(": ");
    append(value);
    append("\r\n");
  }
  std::size_t size() const { return static_cast<std::size_t>(at_ - begin_); }
  bool overflowed() const { return overflowed_; }

 private:
  char* begin_;
  char* at_;
  char* end_;
  bool overflowed_ = false;
};

}  // namespace outrigger::http::h1
