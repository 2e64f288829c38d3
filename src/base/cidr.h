#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <span>
#include <string>
#include <string_view>

namespace outrigger::base {

// The bytes of an IP address in network order, 4 or 16 of them in `storage`; none if `text` is no IP address.
std::span<const std::byte> ip_bytes(std::string_view text, std::array<std::byte, 16>& storage);

// A block of IP addresses: "10.0.0.0/8", "2001:db8::/32"; without a length the single address.
class Cidr {
 public:
  // Bits behind the length must be zero ("10.0.0.1/8" is an error that names 10.0.0.0/8). No scope ids.
  static std::expected<Cidr, std::string> parse(std::string_view text);

  // `address`: 4 or 16 bytes in network order. An IPv4-mapped IPv6 address (::ffff:a.b.c.d) counts as IPv4, and an
  // address of the other family is never inside.
  bool contains(std::span<const std::byte> address) const;

  // In normal form, always with its length.
  std::string text() const;

 private:
  std::array<std::byte, 16> address_{};
  std::uint8_t bytes_ = 4;   // 4 or 16
  std::uint8_t length_ = 0;  // leading bits that count
};

}  // namespace outrigger::base
