#pragma once

#include <memory>
#include <string_view>

#include "cache/make_entry.h"
#include "filters/cache/asked_for.h"
#include "filters/cache/cache_state.h"
#include "filters/cache/key.h"
#include "outrigger/filter.h"

namespace outrigger::filters {

// How long after a failure a stale answer is given without asking.
inline constexpr auto kFailingFor = std::chrono::seconds(1);

// That a stale answer may stand in for. RFC 5861 section 4.
constexpr bool is_server_error(std::uint16_t status) {
  return status == 500 || status == 502 || status == 503 || status == 504;
}

// Asks the service for what others wait for, on an exchange of its own: neither a client that leaves nor one that reads
// slowly holds up the others. Fills the fill, stores what may be stored, and tells everybody however it ends.
class Fetch final : public Detached {
 public:
  // What does not change from fetch to fetch; lives as long as the configuration, which the exchange pins.
  struct Setup {
    std::shared_ptr<CacheState> state;
    const cache::Rules& rules;
    const CacheKeys& keys;
  };
  // `stale`: the stored answer that is to be validated; null: none. `next`: the rest of the chain.
  Fetch(Setup setup, std::shared_ptr<cache::Fill> fill, std::shared_ptr<const cache::Entry> stale, AskedFor asked,
        Next next);
  ~Fetch() override;

  Task<void> run(Exchange& exchange) override;
  void interim(const ResponseHead& head) override;

 private:
  bool is_already_there(Exchange& exchange) const;
  void prepare(RequestHead& request, bool conditional) const;
  cache::MakingOf making(Exchange& exchange, WallTime begun) const;
  bool validated(Exchange& exchange, const Response& response, WallTime begun);
  void publish(Exchange& exchange, const Response& response, WallTime begun);
  std::string_view refusal(const Response& response, std::string_view verdict, Method method, Instant now) const;
  void remember(const cache::Answered& answered, Instant now) const;
  void complete(Arena& arena);
  void remember_request(Exchange& exchange);
  void stop_keeping();

  const Setup setup_;
  const std::shared_ptr<cache::Fill> fill_;
  const std::shared_ptr<const cache::Entry> stale_;
  AskedFor asked_;  // views of the client's request in it are gone
  Next next_;
  Headers* selecting_ = nullptr;
  bool is_over_ = false;
};

}  // namespace outrigger::filters
