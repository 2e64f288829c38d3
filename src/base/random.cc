#include "base/random.h"

#include <sys/random.h>

#include <bit>
#include <chrono>

namespace outrigger {

namespace {

__extension__ using Wide = unsigned __int128;

// xoshiro256** by Blackman and Vigna (2018).
class Generator {
 public:
  Generator() {
    if (::getrandom(state_, sizeof state_, 0) != sizeof state_) {
      state_[0] = static_cast<std::uint64_t>(std::chrono::steady_clock::now().time_since_epoch().count()) | 1;
    }
  }
  std::uint64_t next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

 private:
  std::uint64_t state_[4] = {1, 2, 3, 4};
};

}  // namespace

std::uint64_t random_bits() {
  thread_local Generator generator;
  return generator.next();
}

// Lemire, "Fast Random Integer Generation in an Interval" (2019), without the rejection: the bias is below 2^-40 here.
std::uint64_t scale_below(std::uint64_t bits, std::uint64_t bound) {
  return static_cast<std::uint64_t>((static_cast<Wide>(bits) * bound) >> 64);
}

std::uint64_t random_below(std::uint64_t bound) { return scale_below(random_bits(), bound); }

double random_share() { return static_cast<double>(random_bits() >> 11) * 0x1p-53; }

}  // namespace outrigger
