#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "cache/storing.h"
#include "outrigger/config.h"
#include "outrigger/units.h"

namespace outrigger::filters {

// How long an answer lives that does not say so itself.
struct CacheTtlOptions {
  std::optional<Duration> otherwise;
  std::map<std::string, Duration> status;
};
void describe(config::Schema<CacheTtlOptions>& schema);

struct CacheQueryOptions {
  std::optional<std::vector<std::string>> keep;
  std::vector<std::string> drop;
  bool sort = false;
};
void describe(config::Schema<CacheQueryOptions>& schema);

// What tells two answers apart besides scheme, host and path.
struct CacheKeyOptions {
  CacheQueryOptions query;
  std::vector<std::string> headers;
  std::optional<std::vector<std::string>> cookies;
};
void describe(config::Schema<CacheKeyOptions>& schema);

struct CacheOptions {
  CacheTtlOptions ttl;
  std::optional<Duration> stale_if_error;
  std::optional<Duration> stale_while_revalidate;
  Share heuristic{0};
  Share early_refresh{0};
  CacheKeyOptions key;
  ByteSize max_size{64 * 1024 * 1024};
  std::optional<ByteSize> max_object;
  bool authorization = false;
  cache::SetCookie set_cookie = cache::SetCookie::refuse;
  std::vector<std::string> targeted = {"CDN-Cache-Control"};
  bool request_directives = true;
};
void describe(config::Schema<CacheOptions>& schema);

// What of it the rules of storing need.
cache::Rules rules_of(const CacheOptions& options);

}  // namespace outrigger::filters
