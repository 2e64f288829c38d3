#pragma once

#include <bit>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace outrigger::base {

// SipHash-2-4 by Aumasson and Bernstein (2012): a hash for tables whose keys clients choose. Without the key nobody can
// make keys that collide.
class SipHash {
 public:
  SipHash(std::uint64_t first, std::uint64_t second) : k0_(first), k1_(second) {}

  std::uint64_t operator()(std::string_view text) const {
    State s{k0_ ^ 0x736f6d6570736575, k1_ ^ 0x646f72616e646f6d, k0_ ^ 0x6c7967656e657261, k1_ ^ 0x7465646279746573};
    const char* at = text.data();
    std::size_t left = text.size();
    for (; left >= 8; left -= 8, at += 8) s.absorb(word(at, 8));
    s.absorb(word(at, left) | std::uint64_t{text.size()} << 56);
    s.v2 ^= 0xff;
    for (int i = 0; i < 4; ++i) s.round();
    return s.v0 ^ s.v1 ^ s.v2 ^ s.v3;
  }

 private:
  struct State {
    std::uint64_t v0, v1, v2, v3;
    void round() {
      v0 += v1;
      v1 = std::rotl(v1, 13) ^ v0;
      v0 = std::rotl(v0, 32);
      v2 += v3;
      v3 = std::rotl(v3, 16) ^ v2;
      v0 += v3;
      v3 = std::rotl(v3, 21) ^ v0;
      v2 += v1;
      v1 = std::rotl(v1, 17) ^ v2;
      v2 = std::rotl(v2, 32);
    }
    void absorb(std::uint64_t m) {
      v3 ^= m;
      round();
      round();
      v0 ^= m;
    }
  };
  // Little-endian; missing bytes are zero.
  static std::uint64_t word(const char* at, std::size_t bytes) {
    std::uint64_t value = 0;
    for (std::size_t i = 0; i < bytes; ++i) value |= std::uint64_t{static_cast<unsigned char>(at[i])} << (8 * i);
    return value;
  }

  std::uint64_t k0_, k1_;
};

}  // namespace outrigger::base
