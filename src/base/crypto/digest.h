#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

// Digests and comparisons for what must stay secret. With net/tls/ one of the two folders that see OpenSSL.
namespace outrigger::base::crypto {

using Digest = std::array<std::uint8_t, 32>;

Digest sha256(std::string_view text);
// Not for secrets: protocols that ask for it use it as a checksum (RFC 6455 section 10.8).
std::array<std::uint8_t, 20> sha1(std::string_view text);
// RFC 2104 with SHA-256.
Digest hmac_sha256(std::string_view key, std::string_view text);

// Takes as long for texts that differ in the first byte as for equal ones; texts of other lengths are never equal.
bool equal(std::string_view a, std::string_view b);
bool equal(const Digest& a, const Digest& b);

// Fresh bytes of the kernel's generator, for keys. Ends the process if there are none.
std::string random_bytes(std::size_t count);

// Lower-case hexadecimal digits.
std::string to_hex(std::span<const std::uint8_t> bytes);

// Overwrites the text, so that it is not found in memory later; then it is empty.
void wipe(std::string& text);

}  // namespace outrigger::base::crypto
