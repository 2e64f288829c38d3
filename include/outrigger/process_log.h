#pragma once

#include <concepts>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <variant>

namespace outrigger {

// By consequence: error = a request or the process failed because of us; warn = we recovered, or an operator should
// look; info = the process changed state; what happens per request is only said at debug.
enum class LogLevel : std::uint8_t { debug, info, warn, error };

// A text, a whole number, or true and false: JSON lines keep which of them it is. Views its text.
class LogValue {
 public:
  template <std::convertible_to<std::string_view> Text>
  LogValue(const Text& text) : value_(std::string_view(text)) {}
  LogValue(bool value) : value_(value) {}
  template <std::integral Number>
    requires(!std::same_as<Number, bool>)
  LogValue(Number number) : value_(static_cast<std::int64_t>(number)) {}

  // Null: it is not a text.
  const std::string_view* text() const { return std::get_if<std::string_view>(&value_); }
  // For people; what is no text looks the same in JSON.
  std::string shown() const;

 private:
  std::variant<std::string_view, bool, std::int64_t> value_;
};

struct LogField {
  std::string_view name;  // snake_case
  LogValue value;
};

// One line of the process log, on stderr: what happened, in words, and its particulars as fields. Never waits: what the
// sink cannot take is dropped and counted. Thread: any. Cost: formats and queues the line; not for the hot path.
void log(LogLevel level, std::string_view message, std::initializer_list<LogField> fields = {});
// Would a line of this level be written? Asked before a line that is costly to make.
bool is_logged(LogLevel level);

}  // namespace outrigger
