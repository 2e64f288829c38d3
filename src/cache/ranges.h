#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

// Range requests that are answered from complete content. RFC 9110 section 14.
namespace outrigger::cache {

struct ByteRange {
  std::uint64_t first = 0;
  std::uint64_t last = 0;  // inclusive
  std::uint64_t size() const { return last - first + 1; }
  bool operator==(const ByteRange&) const = default;
};

struct Ranges {
  enum class Kind : unsigned char {
    ignored,        // another unit, not well-formed, or more than a client has reason to ask for: the whole answer
    unsatisfiable,  // 416
    some,
  };
  Kind kind = Kind::ignored;
  std::vector<ByteRange> ranges;  // in the order asked for, those that can't be satisfied left out
};

inline constexpr std::size_t kMostRanges = 16;

// What the value of Range asks for of `size` bytes. More than kMostRanges, and several that are together larger than
// the content, are ignored (RFC 9110 section 14.2: protection against many small or overlapping ranges).
Ranges parse_range(std::string_view value, std::uint64_t size);

}  // namespace outrigger::cache
