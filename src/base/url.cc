#include "base/url.h"

#include <charconv>

#include "outrigger/grammar.h"
#include "outrigger/message.h"

namespace outrigger::base {

namespace {

constexpr std::string_view kPlain = "http://";
constexpr std::string_view kSecure = "https://";

// What stands behind the host of a valid authority, or the scheme's port.
std::uint16_t port_of(std::string_view authority, std::size_t host_size, bool is_https) {
  if (host_size == authority.size()) return is_https ? 443 : 80;
  std::uint16_t port = 0;
  const std::string_view digits = authority.substr(host_size + 1);
  std::from_chars(digits.data(), digits.data() + digits.size(), port);
  return port;
}

}  // namespace

std::expected<Url, std::string> parse_url(const std::string& text) {
  Url url;
  url.is_https = text.starts_with(kSecure);
  if (!url.is_https && !text.starts_with(kPlain)) {
    return std::unexpected("\"" + text + "\" is no URL: it begins with http:// or https://");
  }
  const std::string rest = text.substr(url.is_https ? kSecure.size() : kPlain.size());
  const auto end = rest.find_first_of("/?#");
  url.authority = rest.substr(0, end);
  // What is before the "@" may be a password: it is not repeated.
  if (url.authority.contains('@')) return std::unexpected("the URL holds a user name or password");
  url.target = end == std::string::npos ? "/" : rest.substr(end);
  if (url.target.starts_with('?')) url.target.insert(0, "/");
  if (url.authority.empty()) return std::unexpected("\"" + text + "\" names no host");
  if (!is_authority(url.authority)) return std::unexpected("\"" + text + "\" has no valid host and port");
  if (!is_target(url.target)) return std::unexpected("\"" + text + "\" has no valid path");
  const std::string_view host = host_of(url.authority);
  url.port = port_of(url.authority, host.size(), url.is_https);
  if (url.port == 0) return std::unexpected("\"" + text + "\" has no valid host and port");
  url.host = host.starts_with('[') ? host.substr(1, host.size() - 2) : host;
  return url;
}

std::string check_url(const std::string& text) {
  const auto url = parse_url(text);
  return url ? std::string() : url.error();
}

}  // namespace outrigger::base
