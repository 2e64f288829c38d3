#include "cli/terminal.h"

#include <cstdio>

#include "cli/commands.h"

namespace outrigger::cli {

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
