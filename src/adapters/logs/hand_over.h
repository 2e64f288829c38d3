#pragma once

#include <list>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "adapters/logs/output/batch.h"
#include "adapters/logs/stdin_source.h"
#include "adapters/logs/syslog/syslog_source.h"
#include "adapters/logs/tail/position.h"

namespace outrigger::adapters::logs {

// What goes from an adapter to the one that reads the same in its place after a reload. Written by the first while it
// ends, taken by the other at its start.
struct HandOver {
  int readers = 0;  // adapters that have it: where the one that ends is the last, nobody takes it
  std::optional<std::vector<FilePosition>> positions;  // how far each file is delivered
  HalfRead standard_input;
  std::vector<std::unique_ptr<SyslogStream>> streams;
  std::list<Batch> rest;  // records that came from no file
  std::string_view form;  // of the output that they were for
};

}  // namespace outrigger::adapters::logs
