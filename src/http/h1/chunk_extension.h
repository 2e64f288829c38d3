#pragma once

#include <cstdint>
#include <string_view>

#include "http/h1/fields.h"
#include "http/h1/scan.h"

namespace outrigger::http::h1 {

// Checks the extensions of a chunk line, byte by byte, from behind the first ";" to the CR. RFC 9112 section 7.1.1:
//   *( ";" name [ "=" ( token / quoted-string ) ] )
// Stricter: no blanks around ";" and "=". Nobody needs them, and readers differ on where such a line ends.
class ChunkExtension {
 public:
  // Static text when `c` can't stand here, else empty.
  std::string_view take(char c) {
    if (is_control(c)) return c == '\n' ? "bare LF in a chunk line" : "control character in a chunk extension";
    switch (state_) {
      case State::name_first:
      case State::value_first:
        if (c == '"' && state_ == State::value_first) return go(State::quoted);
        if (!is_token_char(c)) break;
        return go(state_ == State::name_first ? State::name : State::value);
      case State::name:
        if (c == '=') return go(State::value_first);
        [[fallthrough]];
      case State::value:
        if (is_token_char(c)) return {};
        [[fallthrough]];
      case State::closed:
        if (c != ';') break;
        return go(State::name_first);
      case State::quoted:
        return c == '"' ? go(State::closed) : c == '\\' ? go(State::escaped) : "";
      case State::escaped:
        return go(State::quoted);
    }
    return "malformed chunk extension";
  }
  // May the line end here?
  bool is_complete() const { return state_ == State::name || state_ == State::value || state_ == State::closed; }
  // For the next line.
  void reset() { state_ = State::name_first; }

 private:
  enum class State : std::uint8_t { name_first, name, value_first, value, quoted, escaped, closed };
  std::string_view go(State state) {
    state_ = state;
    return {};
  }
  State state_ = State::name_first;
};

}  // namespace outrigger::http::h1
