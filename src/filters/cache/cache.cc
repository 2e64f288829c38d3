#include "filters/cache/cache.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

#include "base/random.h"

namespace outrigger::filters {

namespace {

constexpr int kMostRounds = 8;  // of waiting for others

std::unique_ptr<Filter> make(const void* options, FilterContext& context) {
  return std::make_unique<Cache>(*static_cast<const CacheOptions*>(options), context);
}

std::shared_ptr<CacheState> state_of(const CacheOptions& options, FilterContext& context) {
  auto state = context.shared<CacheState>("cache", [&] {
    auto made = std::make_shared<CacheState>(options, context);
    enlist_cache(made);
    return made;
  });
  if (state->place.move_to(context.place)) enlist_cache(state);
  return state;
}

std::string_view number(Arena& arena, std::int64_t value) {
  std::array<char, 24> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), value).ptr;
  return arena.copy({digits.data(), static_cast<std::size_t>(end - digits.data())});
}

// RFC 9211: our member goes behind those of caches nearer to the service.
void add_status(Response& response, std::string_view member) {
  response.headers().add(FieldName("Cache-Status", FieldId::cache_status), member);
}

// In what a request differs, of what answers to its URL are known to vary by.
std::string_view variant_of(const cache::Entry& entry, const Headers& request, Arena& arena) {
  std::string_view text;
  for (const cache::VaryField& field : entry.vary) {
    const auto value = cache::selecting_value(request, field.name, arena);
    text = arena.concat(text, field.name, value ? "=" : "-", value.value_or(""), "\n");
  }
  return text;
}

bool has_failed(const Response& response) {
  return response.failure() != Failure::none || (!response.is_local() && is_server_error(response.status()));
}

}  // namespace

Cache::Cache(const CacheOptions& options, FilterContext& context)
    : options_(options),
      rules_(rules_of(options)),
      state_(state_of(options, context)),
      keys_(options.key, state_->hash),
      stats_(context.place, context.route) {}

Task<Response> Cache::handle(Exchange& exchange, Next next) {
  AskedFor asked = asked_for(exchange, options_.key.headers, options_.request_directives);
  if (!asked.obstacle.empty()) return pass(exchange, next, asked, nullptr);
  return answer(exchange, next, asked);
}

class Cache::Kept final : public StoredAnswers {
 public:
  Kept(const Cache& cache, const cache::Key& key, const AskedFor& asked) : cache_(cache), key_(key), asked_(asked) {}
  bool has_stale(const Exchange& exchange, Duration max_age) const override {
    return find(exchange, max_age) != nullptr;
  }
  std::optional<Response> stale(Exchange& exchange, Duration max_age) const override {
    const auto entry = find(exchange, max_age);
    if (!entry) return std::nullopt;
    return cache_.stale(exchange, entry, "fallback");
  }

 private:
  std::shared_ptr<const cache::Entry> find(const Exchange& exchange, Duration max_age) const {
    const Headers& request = exchange.request().headers;
    auto found = cache_.state_->store->find(key_, request, request.arena());
    if (!found.entry || !is_for(*found.entry, asked_) || found.entry->life.is_never_stale) return nullptr;
    return found.entry->age(exchange.now()) * std::chrono::seconds(1) <= max_age ? found.entry : nullptr;
  }
  const Cache& cache_;
  const cache::Key key_;
  const AskedFor asked_;
};

Task<Response> Cache::answer(Exchange& exchange, Next next, AskedFor asked) {
  const cache::Key key = keys_.of(exchange);
  exchange.set_stored(exchange.arena().make<Kept>(*this, key, asked));
  const Headers& request = exchange.request().headers;
  std::uint32_t attempt = 0;
  // Those with credentials wait for each other only: what the service says of one may not be for the other.
  std::string_view variant = asked.asked.is_authorized ? "credentials\n" : "";
  bool knows_variant = false;
  std::shared_ptr<const cache::Entry> stand_in;
  for (int round = 0; round < kMostRounds; ++round) {
    cache::Store::Found found = state_->store->find(key, request, exchange.arena());
    if (found.entry && !is_for(*found.entry, asked)) found.entry = nullptr;
    const Use use = found.entry ? use_of(*found.entry, asked, exchange.now()) : Use::validate;
    if (use == Use::fresh) {
      if (is_early(*found.entry, exchange.now())) refresh_behind(exchange, next, key, found.entry, asked);
      co_return hit(exchange, found.entry);
    }
    if (use == Use::accepted) co_return stale(exchange, found.entry, "the client accepts it");
    if (use == Use::behind) {
      if (!state_->failing.is_set(key.hash, exchange.now())) refresh_behind(exchange, next, key, found.entry, asked);
      co_return stale(exchange, found.entry, "stale-while-revalidate");
    }
    const bool stands_in = found.entry && may_stand_in(*found.entry, asked, exchange.now());
    if (stands_in && state_->failing.is_set(key.hash, exchange.now())) {
      co_return stale(exchange, found.entry, "stale-if-error");
    }
    if (asked.control.only_if_cached) {
      stats_.count(CacheResult::failed);
      exchange.decide("cache", "only what is stored was wanted, and nothing is");
      Response none = exchange.respond(504, "504 Gateway Timeout: nothing is stored\n", "text/plain; charset=utf-8");
      add_status(none, "outrigger; detail=\"only-if-cached\"");
      co_return none;
    }
    // A HEAD brings nothing to store.
    if (exchange.request().method == Method::head) {
      asked.obstacle = "a HEAD stores nothing";
      if (stands_in) stand_in = found.entry;
      break;
    }
    if (!found.entry && state_->passes.is_set(pass_mark(key.hash, asked), exchange.now())) break;
    if (const auto& known = found.entry ? found.entry : found.other; known && !knows_variant) {
      variant = exchange.arena().concat(variant, variant_of(*known, request, exchange.arena()));
      knows_variant = true;
    }
    // What must be validated at each use can't be validated for several at once.
    const bool alone = asked.wants_validation || (found.entry && found.entry->life.needs_validation) ||
                       (found.entry && found.entry->life.lifetime == 0);
    const auto [fill, leads] = state_->flights.join(key, variant, attempt, alone);
    if (leads && !start(exchange, next, fill, found.entry, asked)) break;
    auto* const reader = exchange.arena().make<cache::Flow::Reader>(fill->flow(), exchange.poster(), exchange.arena());
    BodyPointer seat(reader);
    const Failure waited = co_await head_of(exchange, fill, leads);
    if (waited == Failure::client_gone) co_return exchange.fail(waited);
    if (waited != Failure::none) {
      if (stands_in) co_return stale(exchange, found.entry, "stale-if-error");
      stats_.count(CacheResult::failed);
      co_return exchange.fail(waited, "another request's fetch did not end in time");
    }
    const cache::Answered& answered = fill->answered();
    const bool is_failure = answered.failure != Failure::none || is_server_error(answered.service_status);
    if (stands_in && is_failure && !answered.entry) co_return stale(exchange, found.entry, "stale-if-error");
    const bool is_ours = answered.entry && cache::fits(answered.entry->vary, request, exchange.arena()) &&
                         is_for(*answered.entry, asked) && !reader->is_too_late();
    // A failure is handed to the next one once; then all who waited for it have their answer.
    const bool is_final = answered.failure != Failure::none && fill->attempt() > 0 && !reader->is_too_late();
    if (leads || is_ours || is_final) {
      seat.release();
      co_return fetched(exchange, fill, reader, found.entry ? "stale" : found.other ? "vary-miss" : "uri-miss", leads);
    }
    if (answered.failure != Failure::none) {
      attempt = fill->attempt() + 1;
    } else if (answered.entry && is_for(*answered.entry, asked)) {
      variant = variant_of(*answered.entry, request, exchange.arena());
      knows_variant = true;
    } else {
      break;
    }
  }
  asked.forward = "uri-miss";
  if (asked.obstacle.empty()) asked.obstacle = "what it asks for is not for everybody";
  co_return co_await pass(exchange, next, asked, std::move(stand_in));
}

// Waits for the head of the answer. What the service says before it (103, early hints) goes to the one whose request
// was sent: whether it is anybody else's, nothing says.
Task<Failure> Cache::head_of(Exchange& exchange, std::shared_ptr<cache::Fill> fill, bool leads) {
  for (std::size_t told = 0;;) {
    if (auto news = fill->news(told); news && !co_await exchange.wait_for(std::move(news))) {
      co_return Failure::request_timeout;
    }
    for (auto heads = fill->interim(told); !heads.empty(); heads = fill->interim(told)) {
      for (const auto& head : heads) {
        if (leads && !co_await exchange.inform(head->copy_to(exchange.arena()))) co_return Failure::client_gone;
      }
      told += heads.size();
    }
    if (fill->is_done()) co_return Failure::none;
  }
}

// At a random moment of the last part, so that many keys that were stored together are not fetched together again.
bool Cache::is_early(const cache::Entry& entry, Instant now) const {
  if (options_.early_refresh.value <= 0 || state_->failing.is_set(entry.hash, now)) return false;
  const double part = options_.early_refresh.value * static_cast<double>(entry.life.lifetime);
  return static_cast<double>(entry.left(now)) <= part * random_share();
}

bool Cache::start(Exchange& exchange, const Next& next, const std::shared_ptr<cache::Fill>& fill,
                  std::shared_ptr<const cache::Entry> stale, const AskedFor& asked) const {
  const Fetch::Setup setup{state_, rules_, keys_};
  return exchange.detach(std::make_unique<Fetch>(setup, fill, std::move(stale), asked, next));
}

void Cache::refresh_behind(Exchange& exchange, const Next& next, const cache::Key& key,
                           const std::shared_ptr<const cache::Entry>& entry, const AskedFor& asked) const {
  const std::string_view variant = variant_of(*entry, exchange.request().headers, exchange.arena());
  const auto [fill, leads] = state_->flights.join(key, variant, 0, false);
  if (leads) start(exchange, next, fill, entry, asked);
}

Response Cache::hit(Exchange& exchange, const std::shared_ptr<const cache::Entry>& entry) const {
  Response response = serve(exchange, servable(exchange, entry));
  set_age(exchange, response.head(), entry->age(exchange.now()));
  add_status(response,
             exchange.arena().concat("outrigger; hit; ttl=", number(exchange.arena(), entry->left(exchange.now()))));
  exchange.decide("cache", "a stored answer is fresh");
  stats_.count(CacheResult::hit);
  stats_.count_bytes(response.head().content_length);
  return response;
}

Response Cache::stale(Exchange& exchange, const std::shared_ptr<const cache::Entry>& entry,
                      std::string_view why) const {
  Arena& arena = exchange.arena();
  Response response = serve(exchange, servable(exchange, entry));
  set_age(exchange, response.head(), entry->age(exchange.now()));
  add_status(response, arena.concat("outrigger; hit; ttl=", number(arena, entry->left(exchange.now())), "; detail=\"",
                                    why, "\""));
  exchange.decide("cache", arena.concat("a stored answer is given though it is stale: ", why));
  stats_.count(CacheResult::stale);
  stats_.count_bytes(response.head().content_length);
  return response;
}

Response Cache::fetched(Exchange& exchange, const std::shared_ptr<cache::Fill>& fill, cache::Flow::Reader* reader,
                        std::string_view forward, bool leads) const {
  const cache::Answered& answered = fill->answered();
  Arena& arena = exchange.arena();
  exchange.set_fetched(arena.copy(answered.endpoint), answered.tries, answered.service_time);
  for (const auto& [by, what] : answered.why) exchange.decide(by, arena.copy(what));
  if (exchange.journal() != nullptr) {
    for (const cache::Answered::Try& made : answered.tries_made) {
      exchange.journal()->add(
          Journal::Try{arena.copy(made.endpoint), made.failure, made.status, made.begun, made.ended});
    }
  }
  const bool is_complete = answered.entry && answered.entry->content;
  Servable made = is_complete ? servable(exchange, answered.entry) : servable(exchange, fill, reader);
  if (is_complete) BodyPointer(reader).reset();
  if (answered.failure != Failure::none || answered.is_local) {
    Response response(made.head, BodyPointer(reader), answered.failure, arena.copy(answered.detail));
    if (answered.has_proxy_status) response.set_proxy_status_there();
    mark_fetched(exchange, response, answered, forward, leads);
    return response;
  }
  Response response = serve(exchange, made);
  if (answered.entry) {
    const cache::Seconds age = answered.entry->age(exchange.now());
    if (age > 0 || answered.entry->age_at_arrival > 0) set_age(exchange, response.head(), age);
  }
  mark_fetched(exchange, response, answered, forward, leads);
  return response;
}

void Cache::mark_fetched(Exchange& exchange, Response& response, const cache::Answered& answered,
                         std::string_view forward, bool leads) const {
  Arena& arena = exchange.arena();
  std::string_view member = arena.concat("outrigger; fwd=", forward);
  if (answered.service_status != 0) {
    member = arena.concat(member, "; fwd-status=", number(arena, answered.service_status));
  }
  if (answered.refusal.empty() && answered.entry) member = arena.concat(member, "; stored");
  if (!leads) member = arena.concat(member, "; collapsed");
  if (!answered.refusal.empty()) member = arena.concat(member, "; detail=\"", answered.refusal, "\"");
  add_status(response, member);
  if (!leads) {
    exchange.decide("cache", "another request had asked for it already");
    return stats_.count(CacheResult::collapsed);
  }
  if (answered.service_status == 304) {
    exchange.decide("cache", "the service said that the stored answer still holds");
    return stats_.count(CacheResult::revalidated);
  }
  exchange.decide("cache", answered.refusal.empty() ? "stored" : arena.concat("not stored: ", answered.refusal));
  stats_.count(answered.refusal.empty() ? CacheResult::miss : CacheResult::refused);
}

Task<Response> Cache::pass(Exchange& exchange, Next next, AskedFor asked,
                           std::shared_ptr<const cache::Entry> stand_in) {
  const cache::Key key = keys_.of(exchange);
  Response response = co_await next(exchange);
  if (stand_in && response.failure() != Failure::client_gone && has_failed(response)) {
    response.discard();
    state_->failing.set(key.hash, exchange.now() + kFailingFor);
    co_return stale(exchange, stand_in, "stale-if-error");
  }
  after_pass(exchange, response, asked, key);
  response.headers().remove_if(cache::is_surrogate_key);
  add_status(response, exchange.arena().concat("outrigger; fwd=", asked.forward.empty() ? "miss" : asked.forward,
                                               "; detail=\"", asked.obstacle, "\""));
  exchange.decide("cache", exchange.arena().concat("not from the cache: ", asked.obstacle));
  stats_.count(CacheResult::pass);
  co_return response;
}

void Cache::after_pass(Exchange& exchange, Response& response, const AskedFor& asked, const cache::Key& key) const {
  if (response.failure() != Failure::none || response.is_local()) return;
  if (asked.is_unsafe && response.status() >= 200 && response.status() < 400) invalidate(exchange, response, key);
  if (exchange.request().method == Method::head && response.status() == 200)
    update_by_head(exchange, response, asked, key);
  const std::uint64_t mark = pass_mark(key.hash, asked);
  if (exchange.request().method != Method::get || !state_->passes.is_set(mark, exchange.now())) return;
  const cache::Times times{exchange.wall_now(), exchange.wall_now()};
  if (cache::judge(response.head(), asked.asked, rules_, times).refusal.empty()) state_->passes.clear(mark);
}

// RFC 9111 section 4.4: what the request may have changed, and what the answer says that it changed besides, at the
// same origin.
void Cache::invalidate(Exchange& exchange, const Response& response, const cache::Key& key) const {
  const auto drop = [&](const cache::Key& dropped) {
    state_->flights.doom(dropped.url, dropped.hash);
    state_->store->remove_url(dropped.url, dropped.hash);
  };
  drop(key);
  for (const FieldId id : {FieldId::location, FieldId::content_location}) {
    std::string_view url = response.head().headers.get(id).value_or("");
    url = url.substr(0, url.find('#'));
    const auto origin = key.url.substr(0, key.url.find('/', key.url.find("://") + 3));
    if (url.size() > origin.size() && equals_ignoring_case(url.substr(0, origin.size()), origin)) {
      url.remove_prefix(origin.size());
    }
    if (url.starts_with('/') && !url.starts_with("//")) drop(keys_.of_url(exchange, url));
  }
}

// RFC 9111 section 4.3.5: the answer to HEAD says whether what is stored still holds, where that is for who asked.
void Cache::update_by_head(Exchange& exchange, const Response& response, const AskedFor& asked,
                           const cache::Key& key) const {
  const Headers& request = exchange.request().headers;
  const auto found = state_->store->find(key, request, exchange.arena());
  if (!found.entry || found.entry->head.status() != 200 || !is_for(*found.entry, asked)) return;
  const Headers& said = response.head().headers;
  const auto length = said.get(FieldId::content_length);
  const bool is_other =
      !cache::is_about(said, *found.entry) || (length && *length != found.entry->head.get(FieldId::content_length));
  if (is_other) return state_->store->remove(found.entry);
  const bool says_which = said.has(FieldId::etag) || said.has(FieldId::last_modified);
  if (!says_which || rules_.knows_cookies) return;
  const cache::Times times{exchange.wall_now(), exchange.wall_now()};
  const auto fresh = cache::freshen(*found.entry, response.head(), {key, request, {}, rules_, times, exchange.now()});
  if (!fresh.refusal.empty()) return state_->store->remove(found.entry);
  state_->store->put(fresh.entry, request, exchange.arena());
}

const FilterType kCacheType = {
    {"cache", "Keeps answers and gives them again, by RFC 9111.", &config::schema_of<CacheOptions>}, make};

}  // namespace outrigger::filters
