#pragma once

#include <cstddef>
#include <expected>
#include <nlohmann/json_fwd.hpp>
#include <string_view>

namespace outrigger::server {

// Every cache of the process: where it stands, what it holds, what it did. Thread: any.
nlohmann::json cache_report();

// Purges what a query names: one of url, prefix, host, tag and all, its value percent-encoded; with `soft` it is only
// stale from now on. How many answers, or what is wrong with the query. Thread: any.
std::expected<std::size_t, std::string_view> purge_caches(std::string_view query);

}  // namespace outrigger::server
