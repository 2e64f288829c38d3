#include "server/admin/cache_report.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "filters/cache/cache_state.h"
#include "filters/cache/cache_stats.h"
#include "server/admin/query.h"

namespace outrigger::server {

namespace {

using Selection = filters::CacheState::Selection;
using nlohmann::json;

std::optional<Selection::By> kind_of(std::string_view name) {
  constexpr std::array<std::pair<std::string_view, Selection::By>, 5> kKinds = {{{"url", Selection::By::url},
                                                                                 {"prefix", Selection::By::prefix},
                                                                                 {"host", Selection::By::host},
                                                                                 {"tag", Selection::By::tag},
                                                                                 {"all", Selection::By::all}}};
  for (const auto& [known, kind] : kKinds) {
    if (name == known) return kind;
  }
  return std::nullopt;
}

json report_of(const filters::CacheState& state) {
  const cache::StoreCounts counts = state.store->counts();
  const std::string place = state.place.text();
  const filters::CacheStats stats(place, state.route);
  json requests = json::object();
  for (std::size_t i = 0; i < std::size(filters::CacheStats::kResults); ++i) {
    requests[filters::CacheStats::kResults[i]] = stats.total(static_cast<filters::CacheResult>(i));
  }
  return {{"place", place},
          {"listener", state.listener},
          {"route", state.route},
          {"upstream", state.upstream},
          {"entries", counts.entries},
          {"bytes", counts.bytes},
          {"max_bytes", state.max_bytes},
          {"evictions", counts.evictions},
          {"fetches", state.flights.size()},
          {"requests", requests},
          {"hit_bytes", stats.total_bytes()}};
}

}  // namespace

json cache_report() {
  json list = json::array();
  for (const auto& state : filters::caches()) list.push_back(report_of(*state));
  return list;
}

std::expected<std::size_t, std::string_view> purge_caches(std::string_view query) {
  std::optional<Selection> selection;
  bool soft = false;
  for (const auto& [name, value] : parameters_of(query)) {
    if (name == "soft") {
      soft = value != "0";
      continue;
    }
    const auto kind = kind_of(name);
    if (!kind || selection || value.empty()) {
      return std::unexpected("say one of url, prefix, host, tag and all, with a value; and soft=1");
    }
    selection = Selection{*kind, value};
  }
  if (!selection) return std::unexpected("say what to purge: url, prefix, host, tag or all");
  std::size_t count = 0;
  for (const auto& state : filters::caches()) count += state->purge(*selection, soft);
  return count;
}

}  // namespace outrigger::server
