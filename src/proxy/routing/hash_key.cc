#include "proxy/routing/hash_key.h"

#include "base/hash.h"
#include "base/random.h"

namespace outrigger::proxy {

namespace {

// The value of `name` in "a=1; b=2" or "a=1&b=2".
std::optional<std::string_view> find_value(std::string_view list, char separator, std::string_view name) {
  while (!list.empty()) {
    const auto end = list.find(separator);
    std::string_view pair = list.substr(0, end);
    list = end == std::string_view::npos ? std::string_view{} : list.substr(end + 1);
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    const auto equals = pair.find('=');
    if (equals != std::string_view::npos && pair.substr(0, equals) == name) return pair.substr(equals + 1);
  }
  return std::nullopt;
}

std::optional<std::string_view> find_header(const Headers& headers, std::string_view name) {
  for (const Field& field : headers) {
    if (equals_ignoring_case(field.name, name)) return field.value;
  }
  return std::nullopt;
}

std::optional<std::string_view> find_cookie(const Headers& headers, std::string_view name) {
  for (const Field& field : headers) {
    if (!equals_ignoring_case(field.name, "cookie")) continue;
    if (const auto value = find_value(field.value, ';', name)) return value;
  }
  return std::nullopt;
}

}  // namespace

HashKey::HashKey(const std::string& text) {
  const auto colon = text.find(':');
  const std::string kind = text.substr(0, colon);
  if (colon != std::string::npos) name_ = text.substr(colon + 1);
  if (kind == "client_ip") kind_ = Kind::client_ip;
  if (kind == "path") kind_ = Kind::path;
  if (kind == "header") kind_ = Kind::header;
  if (kind == "cookie") kind_ = Kind::cookie;
  if (kind == "query") kind_ = Kind::query;
}

std::optional<std::uint64_t> HashKey::of(const Exchange& exchange) const {
  const RequestHead& request = exchange.request();
  std::optional<std::string_view> value;
  switch (kind_) {
    case Kind::none:
      return std::nullopt;
    case Kind::client_ip:
      value = exchange.client_ip();
      break;
    case Kind::path:
      value = request.path();
      break;
    case Kind::header:
      value = find_header(request.headers, name_);
      break;
    case Kind::cookie:
      value = find_cookie(request.headers, name_);
      break;
    case Kind::query:
      value = find_value(request.query(), '&', name_);
      break;
  }
  if (!value || value->empty()) return std::nullopt;
  return hash_of(*value);
}

std::uint64_t HashKey::hash_of(std::string_view value) { return stable_hash(value); }

std::string_view HashKey::new_value(Exchange& exchange) {
  constexpr std::size_t kDigits = 16;
  char* text = exchange.arena().array<char>(kDigits);
  std::uint64_t bits = random_bits();
  for (std::size_t i = 0; i < kDigits; ++i, bits >>= 4U) text[i] = "0123456789abcdef"[bits & 15U];
  return {text, kDigits};
}

// RFC 6265 section 4.1. Lax is what browsers take it for anyway; a session cookie ends with the browser's session.
std::string_view HashKey::set_cookie(Exchange& exchange, std::string_view value) const {
  const std::string_view secure = exchange.scheme() == "https" ? "; Secure" : "";
  return exchange.arena().concat(name_, "=", value, "; Path=/; HttpOnly; SameSite=Lax", secure);
}

}  // namespace outrigger::proxy
