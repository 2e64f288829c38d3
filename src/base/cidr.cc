#include "base/cidr.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>

namespace outrigger::base {
namespace {

constexpr std::array<std::byte, 12> kMapped = {std::byte{0}, std::byte{0}, std::byte{0},    std::byte{0},
                                               std::byte{0}, std::byte{0}, std::byte{0},    std::byte{0},
                                               std::byte{0}, std::byte{0}, std::byte{0xff}, std::byte{0xff}};

// Keeps the first `length` bits, zeroes the others.
void mask(std::span<std::byte> bytes, unsigned length) {
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    const auto first = static_cast<unsigned>(i * 8);
    if (first >= length)
      bytes[i] = std::byte{0};
    else if (length - first < 8)
      bytes[i] &= static_cast<std::byte>(0xff << (8 - (length - first)));
  }
}

}  // namespace

std::span<const std::byte> ip_bytes(std::string_view text, std::array<std::byte, 16>& storage) {
  char copy[INET6_ADDRSTRLEN] = {};
  if (text.empty() || text.size() >= sizeof copy || text.contains('\0')) return {};
  std::memcpy(copy, text.data(), text.size());
  if (::inet_pton(AF_INET, copy, storage.data()) == 1) return {storage.data(), 4};
  if (::inet_pton(AF_INET6, copy, storage.data()) == 1) return {storage.data(), 16};
  return {};
}

std::expected<Cidr, std::string> Cidr::parse(std::string_view text) {
  const std::size_t slash = text.find('/');
  const std::string host(text.substr(0, slash));
  const std::string whole = '"' + std::string(text) + '"';
  Cidr cidr;
  if (inet_pton(AF_INET, host.c_str(), cidr.address_.data()) == 1)
    cidr.bytes_ = 4;
  else if (inet_pton(AF_INET6, host.c_str(), cidr.address_.data()) == 1)
    cidr.bytes_ = 16;
  else
    return std::unexpected(whole + " is not an IP address or block: write 10.0.0.0/8, ::1 or 2001:db8::/32");

  const unsigned most = cidr.bytes_ * 8u;
  unsigned length = most;
  if (slash != std::string_view::npos) {
    const std::string_view digits = text.substr(slash + 1);
    const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), length);
    if (error != std::errc{} || end != digits.data() + digits.size() || length > most) {
      return std::unexpected(whole + " has a bad length: write 0 to " + std::to_string(most) + " after the slash");
    }
  }
  cidr.length_ = static_cast<std::uint8_t>(length);
  const auto before = cidr.address_;
  mask({cidr.address_.data(), cidr.bytes_}, length);
  if (before != cidr.address_) return std::unexpected(whole + " has bits set behind its length: write " + cidr.text());
  return cidr;
}

bool Cidr::contains(std::span<const std::byte> address) const {
  if (address.size() == 16 && bytes_ == 4) {
    if (!std::equal(kMapped.begin(), kMapped.end(), address.begin())) return false;
    address = address.subspan(12);
  }
  if (address.size() != bytes_) return false;
  std::array<std::byte, 16> masked{};
  std::copy(address.begin(), address.end(), masked.begin());
  mask({masked.data(), bytes_}, length_);
  return std::equal(masked.begin(), masked.begin() + bytes_, address_.begin());
}

std::string Cidr::text() const {
  std::array<char, INET6_ADDRSTRLEN> buffer{};
  inet_ntop(bytes_ == 4 ? AF_INET : AF_INET6, address_.data(), buffer.data(), buffer.size());
  return std::string(buffer.data()) + "/" + std::to_string(length_);
}

}  // namespace outrigger::base
