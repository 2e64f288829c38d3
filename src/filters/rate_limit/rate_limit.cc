#include "filters/rate_limit/rate_limit.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <cmath>
#include <optional>

#include "base/cidr.h"
#include "base/crypto/digest.h"
#include "outrigger/grammar.h"

namespace outrigger::filters {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kLongestKey = 64;
constexpr double kLongestWindow = 366 * 86400.0;  // seconds
constexpr std::string_view kHeader = "header:";
constexpr std::string_view kClaim = "claim:";

std::unique_ptr<Filter> make(const void* options, FilterContext& context) {
  return std::make_unique<RateLimit>(*static_cast<const RateLimitOptions*>(options), context);
}

std::string needs_http(const void* options) {
  const std::string& key = static_cast<const RateLimitOptions*>(options)->key;
  return key == "client_ip" || key == "route" ? "" : "key: " + key;
}

// Whole seconds, rounded up: a client that waits so long is let through.
std::int64_t seconds_up(Duration duration) { return (duration + 1s - 1ns) / 1s; }

std::uint32_t burst_of(const RateLimitOptions& options) {
  return options.burst.value_or(static_cast<std::uint32_t>(std::clamp(std::ceil(options.rate.per_second), 1.0, 1e9)));
}

// What a field RateLimit that is there already says is left; nothing: there is none, or none that can be read.
std::optional<std::uint64_t> said_to_be_left(const Headers& headers) {
  constexpr std::string_view kLeft = ";r=";
  const std::string_view field = headers.get("RateLimit").value_or(std::string_view());
  const std::size_t at = field.find(kLeft);
  if (at == std::string_view::npos) return std::nullopt;
  std::uint64_t left = 0;
  const auto read = std::from_chars(field.data() + at + kLeft.size(), field.data() + field.size(), left);
  return read.ec == std::errc() ? std::optional(left) : std::nullopt;
}

std::string_view number(Arena& arena, std::int64_t value) { return arena.copy(std::to_string(value)); }

}  // namespace

void describe(config::Schema<RateLimitOptions>& schema) {
  schema.summary("Refuses requests that come faster than a rate, counted for each key.");
  schema.field("key", &RateLimitOptions::key, "client_ip, route, user, header:NAME or claim:NAME.")
      .check_text(RateKey::check)
      .example("header:X-Tenant");
  schema.field("rate", &RateLimitOptions::rate, "How many may come in the long run.").required().example("50/s");
  schema.field("burst", &RateLimitOptions::burst, "How many may come at once; absent: those of one second.")
      .range(1, 1'000'000);
  schema.field("ipv6_prefix", &RateLimitOptions::ipv6_prefix, "IPv6 clients are one by these leading bits.")
      .range(1, 128);
  schema.field("max_keys", &RateLimitOptions::max_keys, "Keys that are remembered; then the least recently used goes.")
      .range(64, 10'000'000);
  schema.field("headers", &RateLimitOptions::headers, "Say RateLimit and RateLimit-Policy in every answer.");
  describe_mode(schema, &RateLimitOptions::mode);
  schema.check([](const RateLimitOptions& options) -> std::string {
    if (options.rate.per_second <= 0) return "needs a rate above 0: it would refuse everything";
    const double seconds = burst_of(options) / options.rate.per_second;
    return seconds <= kLongestWindow ? "" : "needs more than a year for the whole burst: raise the rate";
  });
}

std::string RateKey::check(const std::string& text) {
  if (text == "client_ip" || text == "route" || text == "user") return "";
  if (text.starts_with(kClaim) && text.size() > kClaim.size()) return "";
  if (text.starts_with(kHeader) && is_token(text.substr(kHeader.size()))) return "";
  return "\"" + text + "\" is no key: write client_ip, route, user, header:NAME or claim:NAME";
}

RateKey::RateKey(const std::string& text, std::uint32_t ipv6_prefix) : ipv6_prefix_(ipv6_prefix) {
  if (text == "route") source_ = Source::route;
  if (text == "user") source_ = Source::user;
  if (text.starts_with(kHeader)) source_ = Source::header;
  if (text.starts_with(kClaim)) source_ = Source::claim;
  if (const auto colon = text.find(':'); colon != std::string::npos) name_ = text.substr(colon + 1);
}

// One subscriber has a whole block of IPv6 addresses, so an address alone says nothing.
std::string_view RateKey::block_of(std::string_view ip, Arena& arena) const {
  std::array<std::byte, 16> storage;
  const auto bytes = base::ip_bytes(ip, storage);
  if (bytes.size() != 16) return ip;
  char* const key = arena.array<char>(16);
  for (std::uint32_t i = 0; i < 16; ++i) {
    const std::uint32_t kept = std::clamp<std::uint32_t>(ipv6_prefix_, i * 8, i * 8 + 8) - i * 8;
    key[i] = static_cast<char>(std::to_integer<unsigned>(bytes[i]) & (0xff00U >> kept));
  }
  return {key, 16};
}

std::string_view RateKey::raw(const Exchange& exchange, Arena& arena) const {
  switch (source_) {
    case Source::client_ip:
      return block_of(exchange.client_ip(), arena);
    case Source::route:
      return exchange.route();
    case Source::user:
      return exchange.user();
    case Source::header:
      return exchange.request().headers.get(name_).value_or(std::string_view());
    case Source::claim:
      break;
  }
  for (const Claim* claim = exchange.claims(); claim != nullptr; claim = claim->next) {
    if (claim->name == name_) return claim->value;
  }
  return {};
}

std::string_view RateKey::of(const Exchange& exchange, Arena& arena) const {
  const std::string_view key = raw(exchange, arena);
  if (key.size() <= kLongestKey) return key;
  const base::crypto::Digest digest = base::crypto::sha256(key);
  return arena.copy({reinterpret_cast<const char*>(digest.data()), digest.size()});
}

RateLimit::RateLimit(const RateLimitOptions& options, FilterContext& context)
    : options_(options),
      key_(options.key, options.ipv6_prefix),
      burst_(burst_of(options)),
      policy_("\"" + options.key + "\";q=" + std::to_string(burst_) +
              ";w=" + std::to_string(seconds_up(Allowance(options.rate, burst_).tolerance))),
      verdicts_("rate_limit", context) {
  const stats::Labels labels = {{"place", std::string(context.place)}};
  const auto evicted =
      stats::counter("outrigger_rate_limit_evictions_total", "Keys forgotten while their burst was not full.", labels);
  buckets_ = context.shared<Buckets>("rate_limit", [&] {
    return std::make_shared<Buckets>(Allowance(options.rate, burst_), options.max_keys, evicted);
  });
  if (!buckets_->place().move_to(context.place)) return;
  stats::gauge_callback("outrigger_rate_limit_keys", "Keys that are remembered.", labels,
                        [weak = std::weak_ptr(buckets_), place = std::string(context.place)] {
                          const auto buckets = weak.lock();
                          return buckets && buckets->place().is(place) ? static_cast<double>(buckets->size())
                                                                       : std::nan("");
                        });
}

// draft-ietf-httpapi-ratelimit-headers, revision 10: quota and window of the policy; what is left, and until when.
// Where two limits hold the one that refused speaks, else the one that leaves less.
void RateLimit::add_fields(Response& response, const Taken& taken) const {
  if (!options_.headers) return;
  const auto said = said_to_be_left(response.headers());
  if (said && *said <= static_cast<std::uint64_t>(taken.remaining)) return;
  Arena& arena = response.headers().arena();
  response.headers().set("RateLimit-Policy", policy_);
  response.headers().set(
      "RateLimit",
      arena.concat("\"", options_.key, "\";r=", number(arena, static_cast<std::int64_t>(taken.remaining)),
                   ";t=", number(arena, seconds_up(taken.allowed ? taken.reset_after : taken.retry_after))));
}

Response RateLimit::refuse(Exchange& exchange, std::string_view why, const Taken& taken) const {
  Response refused = exchange.fail(Failure::rate_limited, why);
  refused.headers().set("Retry-After",
                        number(exchange.arena(), std::max<std::int64_t>(1, seconds_up(taken.retry_after))));
  add_fields(refused, taken);
  return refused;
}

Task<Response> RateLimit::handle(Exchange& exchange, Next next) {
  const Taken taken = buckets_->take(key_.of(exchange, exchange.arena()), exchange.now());
  if (taken.allowed) {
    verdicts_.allow();
  } else {
    const std::string_view why = exchange.arena().concat("more than the rate allows for this ", options_.key);
    if (verdicts_.refuse(exchange, options_.mode, why)) co_return refuse(exchange, why, taken);
  }
  Response response = co_await next(exchange);
  if (response.failure() != Failure::rate_limited) add_fields(response, taken);
  co_return response;
}

const FilterType kRateLimitType = {{.name = "rate_limit",
                                    .summary = "Refuses requests that come faster than a rate.",
                                    .schema = &config::schema_of<RateLimitOptions>,
                                    .needs_http = &needs_http},
                                   make};

}  // namespace outrigger::filters
