#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "outrigger/exchange.h"

namespace outrigger::proxy {

// `hash_on`: what of a request decides which endpoint it belongs to.
class HashKey {
 public:
  // "client_ip", "path", "header:NAME", "cookie:NAME", "query:NAME"; empty: nothing does.
  explicit HashKey(const std::string& text);

  // The hash of the request's key; nothing if it has none.
  std::optional<std::uint64_t> of(const Exchange& exchange) const;
  // A client without the cookie gets one, and is kept at its endpoint from then on.
  bool gives_cookie() const { return kind_ == Kind::cookie; }
  // The value for a new cookie.
  static std::string_view new_value(Exchange& exchange);
  static std::uint64_t hash_of(std::string_view value);
  // The Set-Cookie field with that value.
  std::string_view set_cookie(Exchange& exchange, std::string_view value) const;

 private:
  enum class Kind : std::uint8_t { none, client_ip, path, header, cookie, query };
  Kind kind_ = Kind::none;
  std::string name_;
};

}  // namespace outrigger::proxy
