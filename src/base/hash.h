#pragma once

#include <cstdint>
#include <string_view>

namespace outrigger {

// A hash that is the same on every machine and in every release, so that replicas agree where a key belongs.
// FNV-1a, finished by MurmurHash3's mixer so that all bits are good. Not against those who choose the keys.
constexpr std::uint64_t stable_hash(std::string_view text) {
  std::uint64_t hash = 0xCBF29CE484222325U;
  for (const char c : text) hash = (hash ^ static_cast<unsigned char>(c)) * 0x100000001B3U;
  hash = (hash ^ (hash >> 33U)) * 0xFF51AFD7ED558CCDU;
  hash = (hash ^ (hash >> 33U)) * 0xC4CEB9FE1A85EC53U;
  return hash ^ (hash >> 33U);
}

}  // namespace outrigger
