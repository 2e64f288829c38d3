#pragma once

#include <cstdint>
#include <expected>
#include <string>

namespace outrigger::base {

// A URL that a request can be made from. RFC 9110 section 4.2.
struct Url {
  bool is_https = false;
  std::string host;  // a name or an IP address, without brackets
  std::uint16_t port = 0;
  std::string authority;  // as it stands in the URL: for Host
  std::string target;     // path and query, at least "/"
};

// Errors are a sentence. Refused: other schemes, userinfo (a secret does not belong into a URL, RFC 9110 section
// 4.2.4), fragments, port 0, and whatever may not stand in a request line.
std::expected<Url, std::string> parse_url(const std::string& text);
// What is wrong with it, for a setting; empty: nothing.
std::string check_url(const std::string& text);

}  // namespace outrigger::base
