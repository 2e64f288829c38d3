#pragma once

#include <cstring>
#include <string_view>

#include "outrigger/arena.h"

namespace outrigger::base {

// Text that is put together piece by piece in one allocation of an arena. All pieces together have at most `most`
// bytes.
class TextJoiner {
 public:
  TextJoiner(Arena& arena, std::size_t most) : begin_(arena.array<char>(most)), end_(begin_) {}
  TextJoiner& add(std::string_view piece) {
    if (!piece.empty()) std::memcpy(end_, piece.data(), piece.size());
    end_ += piece.size();
    return *this;
  }
  bool empty() const { return begin_ == end_; }
  std::string_view text() const { return {begin_, static_cast<std::size_t>(end_ - begin_)}; }

 private:
  char* begin_;
  char* end_;
};

}  // namespace outrigger::base
