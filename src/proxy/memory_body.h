#pragma once

#include <charconv>

#include "outrigger/body.h"

namespace outrigger::proxy {

// Content that is already in memory: a local reply.
class MemoryBody final : public Body {
 public:
  explicit MemoryBody(std::string_view bytes) : bytes_(bytes) {}
  State pull(std::string_view& bytes) override {
    if (bytes_.empty()) return State::end;
    bytes = std::exchange(bytes_, {});
    return State::data;
  }
  void park(Wakeable*) override {}

 private:
  std::string_view bytes_;
};

// `number` as text in the arena.
inline std::string_view decimal(Arena& arena, std::uint64_t number) {
  char* text = arena.array<char>(20);
  const auto end = std::to_chars(text, text + 20, number).ptr;
  return {text, static_cast<std::size_t>(end - text)};
}

}  // namespace outrigger::proxy
