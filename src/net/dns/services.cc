#include "net/dns/services.h"

#include <ares.h>

#include <algorithm>
#include <memory>
#include <tuple>

namespace outrigger::net::dns {

namespace {

// Skips a name; past the end where it is broken. RFC 1035 section 4.1.4.
std::size_t skip_name(std::span<const unsigned char> message, std::size_t at) {
  while (at < message.size() && message[at] != 0) {
    if ((message[at] & 0xC0U) == 0xC0U) return at + 2;
    at += message[at] + 1U;
  }
  return at + 1;
}

std::uint32_t number(std::span<const unsigned char> bytes) {
  std::uint32_t value = 0;
  for (const unsigned char byte : bytes) value = value << 8U | byte;
  return value;
}

// The shortest TTL of the answer's records, which c-ares does not tell for SRV. RFC 1035 section 4.1.
Duration shortest_ttl(std::span<const unsigned char> message) {
  constexpr std::size_t kHeader = 12;
  constexpr std::size_t kRecord = 10;  // type, class, TTL, length
  if (message.size() < kHeader) return {};
  std::size_t at = kHeader;
  for (std::uint32_t i = number(message.subspan(4, 2)); i > 0; --i) at = skip_name(message, at) + 4;
  std::uint32_t shortest = UINT32_MAX;
  for (std::uint32_t i = number(message.subspan(6, 2)); i > 0; --i) {
    at = skip_name(message, at);
    if (at + kRecord > message.size()) break;
    shortest = std::min(shortest, number(message.subspan(at + 4, 4)));
    at += kRecord + number(message.subspan(at + 8, 2));
  }
  return std::chrono::seconds(shortest > INT32_MAX ? 0 : shortest);  // RFC 2181 section 8
}

// c-ares writes other bytes as \\DDD.
bool is_host_name(const std::string& name) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' ||
           c == '_';
  };
  return !name.empty() && name.front() != '.' && std::ranges::all_of(name, fits);
}

}  // namespace

Services parse_services(std::span<const unsigned char> message) {
  Services result;
  ares_srv_reply* first = nullptr;
  const int status = ares_parse_srv_reply(message.data(), static_cast<int>(message.size()), &first);
  const std::unique_ptr<ares_srv_reply, decltype(&ares_free_data)> data(first, &ares_free_data);
  if (status != ARES_SUCCESS) {
    result.error = status == ARES_ENODATA ? "the name has no services" : "the DNS server's answer makes no sense";
    return result;
  }
  for (const ares_srv_reply* each = first; each != nullptr; each = each->next) {
    if (each->port != 0 && is_host_name(each->host)) {
      result.services.push_back({each->host, each->port, each->priority, each->weight});
    }
  }
  std::ranges::sort(result.services, {}, [](const Service& each) { return std::tie(each.priority, each.host); });
  if (result.services.size() > kMostServices) result.services.resize(kMostServices);
  result.ttl = shortest_ttl(message);
  if (result.services.empty()) result.error = "none of its services can be connected to";
  return result;
}

}  // namespace outrigger::net::dns
