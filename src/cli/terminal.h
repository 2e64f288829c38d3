#pragma once

#include <string>
#include <string_view>

// What commands print for people.
namespace outrigger::cli {

// "outrigger: TEXT" on stderr; gives kFailure.
int complain(const std::string& text);

// Text with control characters shown as "?": what came over the network must not steer a terminal.
std::string harmless(std::string_view text);

// Paints text by the numbers of ECMA-48 ("1;31"), or leaves it.
class Paint {
 public:
  explicit Paint(bool on) : on_(on) {}
  std::string operator()(const char* code, std::string_view text) const {
    return on_ && !text.empty() ? "\x1b[" + std::string(code) + "m" + std::string(text) + "\x1b[0m" : std::string(text);
  }

 private:
  bool on_;
};

}  // namespace outrigger::cli
