#pragma once

#include <memory>
#include <optional>
#include <string>

#include "filters/rate_limit/buckets.h"
#include "filters/verdict.h"
#include "outrigger/filter.h"

namespace outrigger::filters {

struct RateLimitOptions {
  std::string key = "client_ip";
  Rate rate{};
  std::optional<std::uint32_t> burst;  // absent: as many as come in a second
  std::uint32_t ipv6_prefix = 64;
  std::uint32_t max_keys = 100'000;
  bool headers = true;
  Mode mode = Mode::enforce;
};
void describe(config::Schema<RateLimitOptions>& schema);

// Whose requests share a bucket.
class RateKey {
 public:
  // Error text for `key`, "" when it is good.
  static std::string check(const std::string& text);
  // `text` passed check().
  RateKey(const std::string& text, std::uint32_t ipv6_prefix);
  // At most 64 bytes: what is longer is replaced by its digest. A view into the request or the arena. Empty: the
  // request has no such field, claim or user.
  std::string_view of(const Exchange& exchange, Arena& arena) const;

 private:
  enum class Source : unsigned char { client_ip, header, claim, user, route };
  std::string_view raw(const Exchange& exchange, Arena& arena) const;
  std::string_view block_of(std::string_view ip, Arena& arena) const;

  Source source_ = Source::client_ip;
  std::string name_;
  std::uint32_t ipv6_prefix_;
};

// Refuses requests of a key that come faster than its rate. Thread: one instance per worker, the buckets are shared.
class RateLimit : public Filter {
 public:
  RateLimit(const RateLimitOptions& options, FilterContext& context);
  Task<Response> handle(Exchange& exchange, Next next) override;

 private:
  Response refuse(Exchange& exchange, std::string_view why, const Taken& taken) const;
  void add_fields(Response& response, const Taken& taken) const;

  RateLimitOptions options_;
  RateKey key_;
  std::uint32_t burst_;
  std::string policy_;  // the field RateLimit-Policy
  std::shared_ptr<Buckets> buckets_;
  Verdicts verdicts_;
};

extern const FilterType kRateLimitType;

}  // namespace outrigger::filters
