#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "cache/entry.h"
#include "outrigger/exchange.h"

// What a request asks of the cache. RFC 9111 sections 4 and 5.2.1.
namespace outrigger::filters {

struct AskedFor {
  std::string_view obstacle;  // why the cache has no say, a sentence, static; empty: it has
  std::string_view forward;   // RFC 9211 section 2.2: why it is forwarded then
  bool is_unsafe = false;     // the method may change things
  cache::Asked asked;
  cache::CacheControl control;  // what of it counts
  // Must the service be asked even if a stored answer is fresh?
  bool wants_validation = false;
};

// `keyed`: fields of the request that are in the key. `heeds`: directives of requests count.
AskedFor asked_for(Exchange& exchange, const std::vector<std::string>& keyed, bool heeds);

// Under which a key is marked whose answer was not for everybody: for others who ask alike.
std::uint64_t pass_mark(std::uint64_t hash, const AskedFor& asked);

// What may be done with a stored answer.
enum class Use : std::uint8_t {
  fresh,     // give it
  accepted,  // stale, and the client said that it may be
  behind,    // give it, and fetch a new one meanwhile
  validate,  // ask the service first
};
Use use_of(const cache::Entry& entry, const AskedFor& asked, Instant now);

// May it stand in for a service that failed? RFC 5861 section 4.
bool may_stand_in(const cache::Entry& entry, const AskedFor& asked, Instant now);

// May it be given to who asks, for all that is known of the asker?
bool is_for(const cache::Entry& entry, const AskedFor& asked);

}  // namespace outrigger::filters
