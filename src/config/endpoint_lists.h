#pragma once

#include <string>
#include <vector>

#include "config/node.h"
#include "config/report.h"

namespace outrigger::config {

// Puts in place of `env:NAME` and `file:PATH` among the endpoints of all upstreams what they stand for: the addresses
// in that variable, separated by commas or blanks; the YAML list in that file, where `${NAME}` is substituted as
// everywhere. Keys beside an `address: file:...` (weight, priority) go to all of its endpoints that have none of their
// own. What cannot be read, or is empty, is an error, so that a reload keeps the last good list. Appends the files to
// `sources`, the unreadable ones too.
void expand_endpoint_lists(Node& root, Report& report, std::vector<std::string>& sources);

}  // namespace outrigger::config
