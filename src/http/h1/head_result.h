#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "outrigger/failure.h"

namespace outrigger::http::h1 {

// What a head may be at most. Beyond `max_target` 414, beyond the others 431 (RFC 9110 section 15.5.15, RFC 6585).
struct HeadLimits {
  std::size_t max_head = 32 * 1024;    // bytes, with the empty line
  std::size_t max_fields = 100;        // lines
  std::size_t max_target = 16 * 1024;  // bytes of the target as received
  bool keeps_underscores = false;      // of a request: fields with "_" in their names
};

// What became of the bytes at the front of a connection.
struct HeadResult {
  enum class Status : std::uint8_t { need_more, complete, failed };
  Status status = Status::need_more;
  std::size_t consumed = 0;         // bytes of the head with its empty line, when complete; else 0
  Failure failure = Failure::none;  // when failed
  std::string_view reason{};        // when failed: static text, what exactly was wrong ("obs-fold")
};

}  // namespace outrigger::http::h1
