#pragma once

#include <memory>
#include <string_view>

#include "filters/cache/asked_for.h"
#include "filters/cache/cache_state.h"
#include "filters/cache/cache_stats.h"
#include "filters/cache/fetch.h"
#include "filters/cache/key.h"
#include "filters/cache/options.h"
#include "filters/cache/serving.h"
#include "outrigger/filter.h"

namespace outrigger::filters {

// Keeps the answers of what stands behind it in the chain and gives them again: a shared cache by RFC 9111.
//
// One fetch a key is under way, on an exchange of its own (Fetch); all who ask meanwhile, on any worker, wait for its
// head and then read along. Thread: one instance per worker, the state is shared.
class Cache final : public Filter {
 public:
  Cache(const CacheOptions& options, FilterContext& context);
  [[clang::coro_wrapper]] Task<Response> handle(Exchange& exchange, Next next) override;
  bool repeats() const override { return true; }

 private:
  // What is kept for one request, for filters before this one.
  class Kept;
  Task<Response> answer(Exchange& exchange, Next next, AskedFor asked);
  // Without the cache: `asked.obstacle` says why. `stand_in`, if any, answers in place of a failure.
  Task<Response> pass(Exchange& exchange, Next next, AskedFor asked, std::shared_ptr<const cache::Entry> stand_in);

  static Task<Failure> head_of(Exchange& exchange, std::shared_ptr<cache::Fill> fill, bool leads);
  bool start(Exchange& exchange, const Next& next, const std::shared_ptr<cache::Fill>& fill,
             std::shared_ptr<const cache::Entry> stale, const AskedFor& asked) const;
  bool is_early(const cache::Entry& entry, Instant now) const;
  void refresh_behind(Exchange& exchange, const Next& next, const cache::Key& key,
                      const std::shared_ptr<const cache::Entry>& entry, const AskedFor& asked) const;
  Response hit(Exchange& exchange, const std::shared_ptr<const cache::Entry>& entry) const;
  Response stale(Exchange& exchange, const std::shared_ptr<const cache::Entry>& entry, std::string_view why) const;
  Response fetched(Exchange& exchange, const std::shared_ptr<cache::Fill>& fill, cache::Flow::Reader* reader,
                   std::string_view forward, bool leads) const;
  void mark_fetched(Exchange& exchange, Response& response, const cache::Answered& answered, std::string_view forward,
                    bool leads) const;
  void after_pass(Exchange& exchange, Response& response, const AskedFor& asked, const cache::Key& key) const;
  void invalidate(Exchange& exchange, const Response& response, const cache::Key& key) const;
  void update_by_head(Exchange& exchange, const Response& response, const AskedFor& asked, const cache::Key& key) const;

  const CacheOptions options_;
  const cache::Rules rules_;
  const std::shared_ptr<CacheState> state_;
  const CacheKeys keys_;
  const CacheStats stats_;
};

extern const FilterType kCacheType;

}  // namespace outrigger::filters
