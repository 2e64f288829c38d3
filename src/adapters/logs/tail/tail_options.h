#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <vector>

#include "adapters/logs/lines/joiner.h"
#include "adapters/logs/tail/state_file.h"
#include "outrigger/clock.h"

namespace outrigger::adapters::logs {

struct TailOptions {
  std::vector<std::string> patterns;
  std::vector<std::string> excluded;
  bool from_end = false;  // files that are there at the start and of which nothing is known: only what comes
  Duration look_every = std::chrono::seconds(1);
  Duration flush_after = std::chrono::seconds(1);  // an event of several lines ends when no line came for so long
  std::size_t longest_line = 64 * 1024;
  std::size_t most_files = 1024;
  JoinRule join;
  std::optional<StateFile> state;
};

}  // namespace outrigger::adapters::logs
