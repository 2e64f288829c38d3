#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace outrigger::net::tls {

// The first message of a TLS client, from bytes, without taking part in the handshake.
struct ClientHello {
  enum class Status : unsigned char { need_more, complete, failed };
  Status status;
  std::string server_name{};  // when complete: what the client asks for (SNI), in lower case; empty: it does not say
  std::string_view reason{};  // when failed; static
};

// The most bytes that are looked at, the records' own included.
inline constexpr std::size_t kMostClientHello = 16 * 1024;

// Reads the ClientHello that `bytes` begin with, over as many records as it takes. RFC 8446 sections 4.1.2, 4.2 and
// 5.1; RFC 6066 section 3. Fails as early as it can be told, and on a name that is no host name.
ClientHello parse_client_hello(std::string_view bytes);

}  // namespace outrigger::net::tls
