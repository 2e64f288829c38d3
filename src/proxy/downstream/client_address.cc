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

constexpr FieldMask kClaims =
    field_mask(FieldId::forwarded, FieldId::x_forwarded_for, FieldId::x_forwarded_proto, FieldId::x_forwarded_host,
               FieldId::x_forwarded_port, FieldId::x_forwarded_client_cert, FieldId::x_real_ip);

// By which gateways say, and services believe, who asks or how, besides all that begins with X-Forwarded-.
constexpr std::string_view kPrefix = "X-Forwarded-";
constexpr std::string_view kOtherClaims[] = {"X-Forwarded",         "X-Original-Forwarded-For", "X-Client-IP",
                                             "X-Cluster-Client-IP", "True-Client-IP",           "X-Scheme",
                                             "X-Url-Scheme",        "Front-End-Https"};

// Of names. Services that are asked by CGI's rules can't tell an underscore from a hyphen.
char folded(char c) {
  if (c == '_') return '-';
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c;
}
bool is_same_name(std::string_view a, std::string_view b) { return std::ranges::equal(a, b, {}, folded, folded); }

// Of a name without an id of its own.
bool is_other_claim(const Field& field) {
  if (field.name.size() < 8) return false;
  const char first = folded(field.name[0]);
  if (first != 'x' && first != 'f' && first != 't') return false;
  return is_same_name(field.name.substr(0, kPrefix.size()), kPrefix) ||
         std::ranges::any_of(kOtherClaims, [&](std::string_view claim) { return is_same_name(field.name, claim); });
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

void drop_claims(Headers& headers) {
  bool has_any = headers.has_any(kClaims);
  for (const Field& field : headers) {
    if (field.id == FieldId::other && is_other_claim(field)) has_any = true;
  }
  if (!has_any) return;
  headers.remove_if([](const Field& field) {
    return field.id == FieldId::other ? is_other_claim(field) : (field_bit(field.id) & kClaims) != 0;
  });
}

}  // namespace outrigger::proxy
