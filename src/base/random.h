#pragma once

#include <cstdint>

namespace outrigger {

// Fast pseudo-random numbers, one generator a thread, seeded by the kernel. Not for secrets.
std::uint64_t random_bits();
// Uniform in 0..bound-1; 0 when bound is 0.
std::uint64_t random_below(std::uint64_t bound);
// Uniform in [0, 1).
double random_share();

}  // namespace outrigger
