#include "server/admin/cache_report.h"

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>

#include "filters/cache/cache_state.h"

namespace outrigger::server {

namespace {

using Selection = filters::CacheState::Selection;
using nlohmann::json;

std::optional<unsigned> digit(char c) {
  if (c >= '0' && c <= '9') return static_cast<unsigned>(c - '0');
  const char lower = static_cast<char>(c | 0x20);
  if (lower >= 'a' && lower <= 'f') return static_cast<unsigned>(lower - 'a' + 10);
  return std::nullopt;
}

std::string decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto high = text[i] == '%' && i + 2 < text.size() ? digit(text[i + 1]) : std::nullopt;
    const auto low = high ? digit(text[i + 2]) : std::nullopt;
    if (!low) {
      result += text[i];
      continue;
    }
    result += static_cast<char>(*high * 16 + *low);
    i += 2;
  }
  return result;
}

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
  json requests = json::object();
  for (std::size_t i = 0; i < std::size(filters::CacheStats::kResults); ++i) {
    requests[filters::CacheStats::kResults[i]] = state.stats.total(static_cast<filters::CacheResult>(i));
  }
  return {{"place", state.place},
          {"listener", state.listener},
          {"route", state.route},
          {"upstream", state.upstream},
          {"entries", counts.entries},
          {"bytes", counts.bytes},
          {"max_bytes", state.max_bytes},
          {"evictions", counts.evictions},
          {"fetches", state.flights.size()},
          {"requests", requests},
          {"hit_bytes", state.stats.total_bytes()}};
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
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(parameter.size() + 1, query.size()));
    const std::string_view name = parameter.substr(0, parameter.find('='));
    const std::string value = decoded(parameter.substr(std::min(name.size() + 1, parameter.size())));
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
