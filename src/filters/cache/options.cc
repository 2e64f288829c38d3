#include "filters/cache/options.h"

#include <algorithm>

#include "filters/status_ranges.h"
#include "outrigger/grammar.h"

namespace outrigger::filters {

namespace {

using namespace std::chrono_literals;

constexpr Duration kLongestLife = 365 * 24h;

std::string check_name(const std::string& text) {
  return is_token(text) ? "" : "\"" + text + "\" can't be the name of a field";
}

cache::Seconds seconds(Duration duration) { return std::chrono::duration_cast<std::chrono::seconds>(duration).count(); }

std::optional<cache::Seconds> seconds(const std::optional<Duration>& duration) {
  return duration ? std::optional(seconds(*duration)) : std::nullopt;
}

std::uint64_t max_object_of(const CacheOptions& options) {
  return options.max_object ? options.max_object->bytes : options.max_size.bytes / 8;
}

}  // namespace

void describe(config::Schema<CacheTtlOptions>& schema) {
  schema.summary("How long an answer lives that does not say so itself.");
  schema
      .field("default", &CacheTtlOptions::otherwise,
             "Of the statuses 200, 203, 204, 300, 301, 308 and 410; absent: not at all.")
      .range(0s, kLongestLife)
      .example("60s");
  schema.field("status", &CacheTtlOptions::status, "By status: `404`, `5xx` or `301-308`.")
      .range(0s, kLongestLife)
      .example("{404: 10s}");
  schema.shorthand("default");
  schema.check([](const CacheTtlOptions& ttl) -> std::string {
    for (const auto& [word, lifetime] : ttl.status) {
      if (auto why = StatusRanges::check(word); !why.empty()) return why;
    }
    return "";
  });
}

void describe(config::Schema<CacheQueryOptions>& schema) {
  schema.summary(
      "Which parameters of the query belong to the key. The service sees only these where its answer is "
      "stored.");
  schema.field("keep", &CacheQueryOptions::keep, "Only these; `*` stands for any characters.").example("[page, size]");
  schema.field("drop", &CacheQueryOptions::drop, "All but these.").example("[utm_*, fbclid]");
  schema.field("sort", &CacheQueryOptions::sort, "Their order does not matter.");
  schema.check([](const CacheQueryOptions& query) -> std::string {
    return query.keep && !query.drop.empty() ? "takes keep or drop, not both" : "";
  });
}

void describe(config::Schema<CacheKeyOptions>& schema) {
  schema.summary("What tells two answers apart besides scheme, host, path and query.");
  schema.field("query", &CacheKeyOptions::query, "Which parameters count.");
  schema.field("headers", &CacheKeyOptions::headers, "Fields of the request whose value counts.")
      .check_text(check_name)
      .example("[X-Tenant]");
  schema
      .field("cookies", &CacheKeyOptions::cookies,
             "Cookies whose value counts; the service sees no other one where its answer is stored. Absent: a request "
             "with any cookie gets what the service itself gives a lifetime.")
      .check_text(check_name)
      .example("[theme]");
}

void describe(config::Schema<CacheOptions>& schema) {
  schema.summary("Keeps answers and gives them again, by RFC 9111 as a shared cache.");
  schema.field("ttl", &CacheOptions::ttl,
               "Lifetime, from when it came, of answers that state none; never against what the service says.");
  schema
      .field("stale_if_error", &CacheOptions::stale_if_error,
             "How long past its lifetime an answer stands in for a service that fails, where the answer does not say.")
      .range(0s, kLongestLife)
      .example("10m");
  schema
      .field("stale_while_revalidate", &CacheOptions::stale_while_revalidate,
             "How long past its lifetime an answer is given at once while a new one is fetched, where it does not say.")
      .range(0s, kLongestLife)
      .example("30s");
  schema
      .field("heuristic", &CacheOptions::heuristic,
             "Lifetime of answers that state none, as a share of the time since Last-Modified, at most a day.")
      .range(Share{0}, Share{1})
      .example("10%");
  schema
      .field("early_refresh", &CacheOptions::early_refresh,
             "The last part of a lifetime in which a new answer is fetched while the stored one is given, at a random "
             "moment of it.")
      .range(Share{0}, Share{0.5})
      .example("10%");
  schema.field("key", &CacheOptions::key, "What tells two answers apart.");
  schema.field("max_size", &CacheOptions::max_size, "Memory of all answers, with all that is needed to keep them.")
      .range(ByteSize{64 * 1024}, ByteSize{std::uint64_t{1} << 40});
  schema.field("max_object", &CacheOptions::max_object, "Content of one answer; absent: an eighth of max_size.")
      .example("1MiB");
  schema.field("authorization", &CacheOptions::authorization,
               "Share answers to requests with credentials even if they do not allow it (public, s-maxage, "
               "must-revalidate).");
  schema
      .field("set_cookie", &CacheOptions::set_cookie,
             "Of answers that set cookies without saying that they are for everybody (public, s-maxage). refuse: "
             "not stored. strip: stored without the cookies.")
      .values({{"refuse", cache::SetCookie::refuse}, {"strip", cache::SetCookie::strip}});
  schema.field("targeted", &CacheOptions::targeted, "Fields that go before Cache-Control, RFC 9213.")
      .check_text(check_name);
  schema.field("request_directives", &CacheOptions::request_directives,
               "Heed Cache-Control of requests; false: clients can't make us ask the service.");
  schema.check([](const CacheOptions& options) -> std::string {
    return max_object_of(options) <= options.max_size.bytes ? "" : "max_object is larger than max_size";
  });
}

cache::Rules rules_of(const CacheOptions& options) {
  cache::Rules rules;
  rules.ttl = seconds(options.ttl.otherwise);
  for (const auto& [word, lifetime] : options.ttl.status) {
    if (const auto range = base::parse_status_range(word)) rules.by_status.emplace_back(*range, seconds(lifetime));
  }
  // The narrowest first: 404 before 4xx.
  std::ranges::sort(rules.by_status, {}, [](const auto& each) { return each.first.last - each.first.first; });
  rules.heuristic = options.heuristic.value;
  rules.shares_authorized = options.authorization;
  rules.knows_cookies = options.key.cookies.has_value();
  rules.set_cookie = options.set_cookie;
  rules.targeted = options.targeted;
  rules.stale_while_revalidate = seconds(options.stale_while_revalidate);
  rules.stale_if_error = seconds(options.stale_if_error);
  rules.max_object = max_object_of(options);
  return rules;
}

}  // namespace outrigger::filters
