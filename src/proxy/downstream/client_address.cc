#include "proxy/downstream/client_address.h"

#include <algorithm>
#include <array>

#include "http/field_list.h"
#include "net/address.h"

namespace outrigger::proxy {

namespace {

bool is_address(std::string_view text) {
  std::array<std::byte, 16> storage;
  return !net::ip_bytes(text, storage).empty();
}

// "1.2.3.4", "1.2.3.4:80", "::1", "[::1]" and "[::1]:80" in use; empty when it is none of them.
std::string_view address_in(std::string_view text) {
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos) return {};
    text = text.substr(1, end - 1);
  } else if (const auto colon = text.find(':'); colon != std::string_view::npos && text.rfind(':') == colon) {
    text = text.substr(0, colon);
  }
  return is_address(text) ? text : std::string_view{};
}

// The last element of a comma-separated list, taken off it.
std::string_view take_last(std::string_view& list) {
  const auto comma = list.rfind(',');
  const bool is_first = comma == std::string_view::npos;
  const std::string_view element = http::trimmed(list.substr(is_first ? 0 : comma + 1));
  list = is_first ? std::string_view{} : list.substr(0, comma);
  return element;
}

}  // namespace

bool TrustedProxies::contains(std::string_view ip) const {
  if (ip == kUnixPeer) return unix_peers;
  if (blocks.empty()) return false;
  std::array<std::byte, 16> storage;
  const auto bytes = net::ip_bytes(ip, storage);
  return !bytes.empty() && std::ranges::any_of(blocks, [&](const base::Cidr& block) { return block.contains(bytes); });
}

ClientAddress find_client(std::string_view peer_ip, const Headers& headers, const TrustedProxies& trusted) {
  if (!trusted.contains(peer_ip)) return {peer_ip, false};
  std::string_view client = peer_ip;
  const Field* const fields = headers.begin();
  for (std::size_t i = headers.size(); i-- > 0;) {
    if (fields[i].id != FieldId::x_forwarded_for) continue;
    for (std::string_view rest = fields[i].value; !rest.empty();) {
      const std::string_view element = take_last(rest);
      if (element.empty()) continue;
      const std::string_view ip = address_in(element);
      if (ip.empty()) return {client, true};
      client = ip;
      if (!trusted.contains(ip)) return {client, true};
    }
  }
  return {client, true};
}

}  // namespace outrigger::proxy
