#pragma once

#include <string>
#include <vector>

#include "config/settings.h"

namespace outrigger::config {

// One effective value.
struct Leaf {
  std::string path;    // "listeners[0].timeouts.request"
  std::string value;   // as it would stand in the file, in one line
  std::string origin;  // "outrigger.yaml:14", or "default"
};

// How parts of a list are called in paths.
enum class PartNames : unsigned char {
  by_place,  // "listeners[0].filters[1].retry": as in error texts
  by_name,   // "listeners[web].filters.retry": what has a name keeps it when others come in front; parts of one name,
             // and filters of one kind, are counted ("retry#2"); a list of filters is a value itself: "[cache, retry]"
};

// All values in effect, in the order of `dump`.
std::vector<Leaf> leaves(const Settings& settings, PartNames names);

// What is not the same in two configurations, in the order of the newer one; `before` or `after` empty: not there.
struct Difference {
  std::string path, before, after;
  std::string before_origin, after_origin;
};
std::vector<Difference> differences(const Settings& before, const Settings& after);

}  // namespace outrigger::config
