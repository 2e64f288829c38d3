#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "outrigger/clock.h"

namespace outrigger::net::dns {

// One SRV record. RFC 2782.
struct Service {
  std::string host;
  std::uint16_t port = 0;
  std::uint16_t priority = 0;  // the lowest that can be reached serves
  std::uint16_t weight = 0;    // share among those of one priority; 0: hardly any
};

// What a look-up of services came to.
struct Services {
  std::vector<Service> services{};  // lowest priority first, at most kMostServices
  Duration ttl{};                   // the shortest of the records
  std::string error{};              // a phrase; empty when there are services
};

inline constexpr std::size_t kMostServices = 256;

// The SRV records of a DNS answer as it came from the network. Left out are records without a port or with a target
// that is no host name, "." among them: "the service is decidedly not available at this domain". None left: an error.
Services parse_services(std::span<const unsigned char> message);

}  // namespace outrigger::net::dns
