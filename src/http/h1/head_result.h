#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "outrigger/failure.h"

namespace outrigger::http::h1 {

// What a head may be at most; beyond it 431, or 414 for the target.
struct HeadLimits {
  std::size_t max_head = 32 * 1024;  // bytes, with the empty line
  std::size_t max_fields = 100;
  std::size_t max_target = 16 * 1024;  // bytes
};

struct HeadResult {
  enum class Status : std::uint8_t { need_more, complete, failed };
  Status status = Status::need_more;
  std::size_t consumed = 0;         // bytes of the head, when complete
  Failure failure = Failure::none;  // when failed
  std::string_view detail{};        // static text: what exactly was wrong
};

}  // namespace outrigger::http::h1
