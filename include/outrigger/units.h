#pragma once

#include <compare>
#include <cstdint>

namespace outrigger {

// A count of bytes: "64KiB" in the file.
struct ByteSize {
  std::uint64_t bytes = 0;
  constexpr auto operator<=>(const ByteSize&) const = default;
};

// A share of a whole, 0..1: "20%" in the file.
struct Share {
  double value = 0;
  constexpr auto operator<=>(const Share&) const = default;
};

// Events a second: "50/s" in the file.
struct Rate {
  double per_second = 0;
  constexpr auto operator<=>(const Rate&) const = default;
};

}  // namespace outrigger
