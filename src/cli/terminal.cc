#include "cli/terminal.h"

#include <unistd.h>

#include <cstdio>
#include <cstdlib>

#include "cli/commands.h"

namespace outrigger::cli {

bool has_colour(int fd) {
  const char* const refused = std::getenv("NO_COLOR");
  if (refused != nullptr && *refused != '\0') return false;
  const char* const kind = std::getenv("TERM");
  if (kind != nullptr && std::string_view(kind) == "dumb") return false;
  return ::isatty(fd) != 0;
}

int complain(const std::string& text) {
  std::fprintf(stderr, "outrigger: %s\n", text.c_str());
  return kFailure;
}

std::string harmless(std::string_view text) {
  std::string made(text);
  for (char& c : made) {
    const auto byte = static_cast<unsigned char>(c);
    if (byte < 0x20 || byte == 0x7f) c = '?';
  }
  return made;
}

}  // namespace outrigger::cli
