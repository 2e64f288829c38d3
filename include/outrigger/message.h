#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "outrigger/headers.h"

namespace outrigger {

enum class Method : std::uint8_t { get, head, post, put, delete_, options, trace, patch, connect, other };

// Case-sensitive (RFC 9110 section 9.1); any other token is `other`.
Method method_of(std::string_view token);
// RFC 9110 section 9.2.2, the ones `retry` repeats by itself: GET HEAD OPTIONS TRACE PUT DELETE.
bool is_idempotent(Method method);

enum class Version : std::uint8_t { http10, http11, http2 };

// How the end of a message's body is found. RFC 9112 section 6.3.
enum class Framing : std::uint8_t { none, length, chunked, until_close };

// An authority without its port; brackets stay on IPv6 literals.
std::string_view host_of(std::string_view authority);

// The head of a request as it stands now: parsed from the client, then changed by filters. Views point into the
// connection's read buffer or the arena and live as long as the exchange.
struct RequestHead {
  explicit RequestHead(Arena& arena) : headers(arena) {}

  std::string_view method_token;  // "GET"
  Method method = Method::other;
  Version version = Version::http11;
  std::string_view target;     // as it will be forwarded, origin-form ("/a?b=c") or "*"
  std::string_view scheme;     // of an absolute-form target, else empty
  std::string_view authority;  // host[:port]: of an absolute-form target, else the Host field; may be empty (1.0)
  Headers headers;
  Framing framing = Framing::none;
  std::uint64_t content_length = 0;  // bytes, when framing is `length`
  bool keep_alive = true;            // what the client asked for (RFC 9112 section 9.3)
  bool expects_continue = false;     // Expect: 100-continue

  // The part before "?" and the part after it, without the "?".
  std::string_view path() const { return target.substr(0, target.find('?')); }
  std::string_view query() const {
    const auto at = target.find('?');
    return at == std::string_view::npos ? std::string_view{} : target.substr(at + 1);
  }
  std::string_view host() const { return host_of(authority); }
};

struct ResponseHead {
  explicit ResponseHead(Arena& arena) : headers(arena) {}

  std::uint16_t status = 0;  // 100..999
  std::string_view reason;   // may be empty
  Version version = Version::http11;
  Headers headers;
  Framing framing = Framing::none;
  std::uint64_t content_length = 0;
  bool keep_alive = true;  // what the service offered
};

// "Not Found" for 404; empty for codes without a registered phrase.
std::string_view reason_phrase(std::uint16_t status);

}  // namespace outrigger
