#pragma once

#include <chrono>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "cli/terminal.h"
#include "cli/top/scrape.h"

namespace outrigger::cli {

// All that `top` knows of the process at one time.
struct Sample {
  Scrape metrics;
  nlohmann::json info, upstreams, breakers, caches;
  std::chrono::steady_clock::time_point at{};
};

// Two looks at the process as lines of at most `columns`, at most `rows` of them: rates between the two.
std::vector<std::string> page_of(const Sample& before, const Sample& now, std::size_t columns, std::size_t rows,
                                 const Paint& paint);

}  // namespace outrigger::cli
