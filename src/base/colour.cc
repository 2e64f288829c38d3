#include "base/colour.h"

#include <unistd.h>

#include <cstdlib>
#include <string_view>

namespace outrigger::base {

bool has_colour(int fd) {
  const char* const refused = std::getenv("NO_COLOR");
  if (refused != nullptr && *refused != '\0') return false;
  const char* const kind = std::getenv("TERM");
  if (kind != nullptr && std::string_view(kind) == "dumb") return false;
  return ::isatty(fd) != 0;
}

}  // namespace outrigger::base
