#pragma once

#include <cstdint>

namespace outrigger {

// Fast pseudo-random numbers, one generator a thread, seeded by the kernel. Not for secrets.
std::uint64_t random_bits();
// Where `bits` stands among all their values, in 0..bound-1: the least of them gives 0, the greatest bound-1.
std::uint64_t scale_below(std::uint64_t bits, std::uint64_t bound);
// Uniform in 0..bound-1; 0 when bound is 0.
std::uint64_t random_below(std::uint64_t bound);
// Uniform in [0, 1).
double random_share();

}  // namespace outrigger
