#pragma once

namespace outrigger::base {

// Colours on `fd` (1 or 2)? Only on a terminal that has some, and not where NO_COLOR says no (https://no-color.org).
bool has_colour(int fd);

}  // namespace outrigger::base
