#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/siphash.h"
#include "cache/entry.h"
#include "filters/cache/options.h"
#include "outrigger/exchange.h"

namespace outrigger::filters {

// Makes the keys of requests. Scheme and host come without case and without the scheme's own port, path and query as
// they are, the query with the parameters that count.
class CacheKeys {
 public:
  CacheKeys(const CacheKeyOptions& options, base::SipHash hash) : options_(options), hash_(hash) {}

  // Views into the arena of the exchange.
  cache::Key of(Exchange& exchange) const;
  // Of another URL at the same host, for invalidation; `target` begins with "/".
  cache::Key of_url(Exchange& exchange, std::string_view target) const;
  // The same of a whole URL, as operators write it.
  std::uint64_t hash_of(std::string_view url) const { return hash_(url); }

  // Takes what is not in the key out of a request whose answer will be stored, so that it can't shape that answer.
  void narrow(RequestHead& request) const;

 private:
  bool counts(std::string_view parameter) const;
  // Path and query, the latter in its normal form.
  std::string_view target_of(std::string_view target, Arena& arena) const;
  std::string_view extra_of(const Exchange& exchange, Arena& arena) const;
  bool is_any_query() const { return !options_.query.keep && options_.query.drop.empty() && !options_.query.sort; }

  const CacheKeyOptions options_;
  const base::SipHash hash_;
};

}  // namespace outrigger::filters
