#include "config/addresses.h"

#include <arpa/inet.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdint>
#include <string_view>

#include "base/cidr.h"
#include "base/regex.h"
#include "base/status_range.h"

namespace outrigger::config {
namespace {

bool is_port(std::string_view text) {
  std::uint32_t port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc{} && end == text.data() + text.size() && port <= 65535;
}

bool is_digits(std::string_view text) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos;
}

bool is_host_name(std::string_view name) {
  if (name.empty() || name.size() > 253) return false;
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_';
  };
  return std::ranges::all_of(name, fits) && name.front() != '-' && name.front() != '.';
}

bool is_v6(const std::string& text) {
  std::array<unsigned char, 16> bytes{};
  return inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1;
}

std::string quote(std::string_view text) { return '"' + std::string(text) + '"'; }

std::string check_host_port(const std::string& text, const char* forms) {
  if (text.find("://") != std::string::npos) return quote(text) + " is a URL: write " + forms;
  const std::size_t colon = text.rfind(':');
  if (colon == std::string::npos) return quote(text) + " has no port: write " + text + ":80";
  const std::string host = text.substr(0, colon);
  const std::string port = text.substr(colon + 1);
  if (!is_port(port)) return quote(text) + ": " + quote(port) + " is not a port (0 to 65535)";
  if (host.starts_with('[')) {
    const bool good = host.ends_with(']') && is_v6(host.substr(1, host.size() - 2));
    return good ? std::string() : quote(text) + " is not an IPv6 address: write [::1]:" + port;
  }
  if (host.find(':') != std::string::npos) return quote(text) + ": IPv6 addresses need brackets, [::1]:80";
  return is_host_name(host) ? std::string() : quote(text) + " is not an address: write " + forms;
}

std::string check_unix(const std::string& text) {
  constexpr std::size_t kLongest = 107;  // sun_path less its NUL
  const std::string path = text.substr(5);
  if (!path.starts_with('/')) return quote(text) + ": the socket's path must begin with /";
  return path.size() > kLongest ? quote(text) + ": the socket's path is longer than 107 bytes" : std::string();
}

std::string check_bare_port(const std::string& text) {
  return is_port(text) ? std::string() : quote(text) + " is not a port (0 to 65535)";
}

}  // namespace

std::string check_listen_address(const std::string& text) {
  if (text.starts_with("unix:")) return check_unix(text);
  if (is_digits(text)) return check_bare_port(text);
  if (text.starts_with(':')) return quote(text) + " has no host: write " + text.substr(1) + " or 0.0.0.0" + text;
  return check_host_port(text, "host:port, [::1]:port, unix:/path or a port");
}

std::string check_endpoint(const std::string& text) {
  constexpr const char* kForms =
      "host:port, [::1]:port, unix:/path, dns://name:port, dns+srv://name, file:PATH or env:NAME";
  if (text.starts_with("unix:")) return check_unix(text);
  if (is_digits(text)) return check_bare_port(text);
  if (text.starts_with("dns+srv://")) {
    const bool good = is_host_name(std::string_view(text).substr(10));
    return good ? std::string() : quote(text) + ": write dns+srv://_service._tcp.name, without a port";
  }
  std::string rest = text;
  if (text.starts_with("dns://")) rest = text.substr(6);
  if (rest.ends_with(":0")) return quote(text) + ": port 0 cannot be connected to";
  return check_host_port(rest, kForms);
}

std::string check_dns_server(const std::string& text) {
  std::array<unsigned char, 16> bytes{};
  if (inet_pton(AF_INET, text.c_str(), bytes.data()) == 1 || is_v6(text)) return {};
  const std::size_t colon = text.rfind(':');
  if (colon != std::string::npos && is_port(std::string_view(text).substr(colon + 1))) {
    std::string host = text.substr(0, colon);
    if (inet_pton(AF_INET, host.c_str(), bytes.data()) == 1) return {};
    if (host.starts_with('[') && host.ends_with(']') && is_v6(host.substr(1, host.size() - 2))) return {};
  }
  return quote(text) + " is no IP address: write 10.0.0.2, 10.0.0.2:53 or [fd00::2]:53";
}

std::string check_cidr(const std::string& text) {
  const auto parsed = base::Cidr::parse(text);
  return parsed ? std::string() : parsed.error();
}

std::string check_regex(const std::string& text) {
  const auto compiled = base::Regex::compile(text);
  return compiled ? std::string() : "not a regular expression (RE2): " + compiled.error();
}

std::string check_host(const std::string& text) {
  std::string_view name = text;
  if (name == "*") return {};
  if (name.starts_with("*.")) name.remove_prefix(2);
  if (name.find('*') != std::string_view::npos)
    return quote(text) + ": * may only stand for the first labels, *.example.com";
  if (name.starts_with('[') && name.ends_with(']')) return {};
  if (name.find(':') != std::string_view::npos) return quote(text) + ": a host is matched without its port";
  return is_host_name(name) ? std::string() : quote(text) + " is not a host name";
}

std::string check_status_range(const std::string& text) {
  return base::parse_status_range(text) ? std::string() : quote(text) + " is no status: write 204, 200-399 or 2xx";
}

std::string check_hash_key(const std::string& text) {
  if (text.empty() || text == "client_ip" || text == "path") return {};
  for (const char* kind : {"header:", "cookie:", "query:"}) {
    if (text.starts_with(kind) && text.size() > std::string_view(kind).size()) return {};
  }
  return quote(text) + " is no key: write client_ip, path, header:NAME, cookie:NAME or query:NAME";
}

std::string check_path(const std::string& text) {
  return text.starts_with('/') ? std::string() : quote(text) + " must begin with /";
}

bool is_loopback(const std::string& address) {
  return address.starts_with("unix:") || address.starts_with("127.") || address.starts_with("[::1]:") ||
         address.starts_with("localhost:");
}

}  // namespace outrigger::config
