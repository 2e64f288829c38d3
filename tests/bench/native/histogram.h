#pragma once

#include <bit>
#include <cstdint>
#include <vector>

namespace bench {

// Counts of nanoseconds in buckets of 1.6 % width, 64 to a power of two.
class Histogram {
 public:
  void add(std::uint64_t nanoseconds) {
    ++counts_[index(nanoseconds)];
    ++total_;
  }
  std::uint64_t total() const { return total_; }

  // The value below which `share` (0..1) of the samples lie, in microseconds; 0 when there are none.
  double quantile(double share) const {
    auto wanted = static_cast<std::uint64_t>(share * static_cast<double>(total_));
    for (std::size_t i = 0; i < counts_.size(); ++i) {
      if (counts_[i] > wanted) return static_cast<double>(value(i)) / 1000.0;
      wanted -= counts_[i];
    }
    return 0;
  }

 private:
  static constexpr unsigned kBits = 6;
  static std::size_t index(std::uint64_t value) {
    if (value < (1U << kBits)) return value;
    const auto shift = static_cast<unsigned>(std::bit_width(value)) - kBits - 1;
    return ((shift + 1) << kBits) + ((value >> shift) & ((1U << kBits) - 1));
  }
  static std::uint64_t value(std::size_t index) {
    if (index < (1U << kBits)) return index;
    const auto shift = (index >> kBits) - 1;
    return ((index & ((1U << kBits) - 1)) + (1U << kBits)) << shift;
  }
  std::vector<std::uint64_t> counts_ = std::vector<std::uint64_t>(std::size_t{60} << kBits);
  std::uint64_t total_ = 0;
};

}  // namespace bench
