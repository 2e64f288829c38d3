#pragma once

#include <netinet/in.h>

#include <cstdint>
#include <span>

#include "net/address.h"

namespace outrigger::net::dns {

// The two kinds of addresses that a name may have: A and AAAA records.
enum class Family : std::uint8_t { v4, v6 };

inline Family family_of(const Address& address) { return address.family() == AF_INET6 ? Family::v6 : Family::v4; }
inline Family other(Family family) { return family == Family::v4 ? Family::v6 : Family::v4; }

// A set of them.
class Families {
 public:
  void add(Family family) { bits_ |= bit(family); }
  void add(Families more) { bits_ |= more.bits_; }
  bool has(Family family) const { return (bits_ & bit(family)) != 0; }
  bool has_all(Families wanted) const { return (wanted.bits_ & ~bits_) == 0; }

 private:
  static unsigned bit(Family family) { return 1U << static_cast<unsigned>(family); }
  unsigned bits_ = 0;
};

inline Families families_of(std::span<const Address> addresses) {
  Families families;
  for (const Address& address : addresses) families.add(family_of(address));
  return families;
}

}  // namespace outrigger::net::dns
