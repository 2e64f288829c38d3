#pragma once

#include <optional>
#include <string>
#include <string_view>

// RFC 4648. Decoding is strict: one text for each value, so that nobody can write the same thing in two ways.
namespace outrigger::base {

// Section 4: `+` and `/`, padded. Nothing when a character, the padding or the unused bits are not as they must be.
std::optional<std::string> decode_base64(std::string_view text);
// Section 5: `-` and `_`, without padding, as RFC 7515 has it.
std::optional<std::string> decode_base64url(std::string_view text);
std::string encode_base64(std::string_view bytes);
std::string encode_base64url(std::string_view bytes);

}  // namespace outrigger::base
