#include "filters/cache/cache_state.h"

#include <algorithm>
#include <cmath>
#include <mutex>

#include "base/random.h"
#include "outrigger/stats.h"

namespace outrigger::filters {

namespace {

struct Directory {
  std::mutex mutex;
  std::vector<std::weak_ptr<CacheState>> caches;  // guarded by mutex
};

Directory& directory() {
  static Directory& instance = *new Directory;  // outlives every static that may still look at it
  return instance;
}

// The host of "https://host:port/path", without the port.
std::string_view host_in(std::string_view url) {
  const auto begin = url.find("://");
  if (begin == std::string_view::npos) return {};
  const std::string_view behind = url.substr(begin + 3);
  return host_of(behind.substr(0, behind.find('/')));
}

bool is_meant(const CacheState::Selection& selection, std::string_view url) {
  using By = CacheState::Selection::By;
  switch (selection.by) {
    case By::url:
      return url == selection.text;
    case By::prefix:
      return url.starts_with(selection.text);
    case By::host:
      return host_in(url) == selection.text;
    case By::tag:
      return false;
    case By::all:
      break;
  }
  return true;
}

using Read = double (*)(const CacheState&);

std::function<double()> while_in_place(const std::shared_ptr<CacheState>& state, const std::string& place, Read read) {
  return [weak = std::weak_ptr(state), place, read] {
    const auto living = weak.lock();
    return living && living->place.is(place) ? read(*living) : std::nan("");
  };
}

void register_gauge(const char* name, const char* help, const std::shared_ptr<CacheState>& state, Read read) {
  const std::string place = state->place.text();
  stats::gauge_callback(name, help, {{"place", place}}, while_in_place(state, place, read));
}

void register_counter(const char* name, const char* help, const std::shared_ptr<CacheState>& state, Read read) {
  const std::string place = state->place.text();
  stats::counter_callback(name, help, {{"place", place}}, while_in_place(state, place, read));
}

}  // namespace

CacheState::CacheState(const CacheOptions& options, const FilterContext& context)
    : hash(random_bits(), random_bits()),
      place(context.place),
      listener(context.listener),
      route(context.route),
      upstream(context.upstream),
      max_bytes(options.max_size.bytes),
      store(std::make_unique<cache::MemoryStore>(options.max_size.bytes)) {}

std::size_t CacheState::purge(const Selection& selection, bool soft) {
  if (selection.by == Selection::By::url && !soft) {
    const std::uint64_t hashed = hash(selection.text);
    flights.doom(selection.text, hashed);
    return store->remove_url(selection.text, hashed);
  }
  const bool by_tag = selection.by == Selection::By::tag;
  // Nobody knows yet which tags it will have.
  flights.doom_if([&](std::string_view url) { return by_tag || is_meant(selection, url); });
  return store->purge(
      [&](const cache::Entry& entry) {
        return by_tag ? std::ranges::find(entry.tags, selection.text) != entry.tags.end()
                      : is_meant(selection, entry.url);
      },
      soft);
}

void enlist_cache(const std::shared_ptr<CacheState>& state) {
  Directory& all = directory();
  {
    const std::lock_guard lock(all.mutex);
    std::erase_if(all.caches, [&](const auto& each) { return each.expired() || each.lock() == state; });
    all.caches.push_back(state);
  }
  register_gauge("outrigger_cache_bytes", "Memory of all stored answers, overhead included.", state,
                 [](const CacheState& each) { return static_cast<double>(each.store->counts().bytes); });
  register_gauge("outrigger_cache_entries", "Stored answers.", state,
                 [](const CacheState& each) { return static_cast<double>(each.store->counts().entries); });
  register_gauge("outrigger_cache_max_bytes", "What outrigger_cache_bytes can't exceed: max_size.", state,
                 [](const CacheState& each) { return static_cast<double>(each.max_bytes); });
  register_gauge("outrigger_cache_fetches", "Answers that are on their way into the cache.", state,
                 [](const CacheState& each) { return static_cast<double>(each.flights.size()); });
  register_counter("outrigger_cache_evictions_total", "Answers that went to make room for others.", state,
                   [](const CacheState& each) { return static_cast<double>(each.store->counts().evictions); });
  register_counter("outrigger_cache_incomplete_total",
                   "Answers that were not stored because their content was not as long as they said.", state,
                   [](const CacheState& each) { return static_cast<double>(each.store->counts().refused); });
}

std::vector<std::shared_ptr<CacheState>> caches() {
  Directory& all = directory();
  const std::lock_guard lock(all.mutex);
  std::vector<std::shared_ptr<CacheState>> result;
  for (const auto& each : all.caches) {
    if (auto state = each.lock()) result.push_back(std::move(state));
  }
  return result;
}

}  // namespace outrigger::filters
