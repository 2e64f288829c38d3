#include "http/h1/scan.h"

namespace outrigger::http::h1 {

LineScan scan_lines(std::string_view input, std::size_t& scanned) {
  const char* const begin = input.data();
  const char* const end = begin + input.size();
  for (const char* at = begin + scanned;; at += 2) {
    at = find_control(at, end);
    scanned = static_cast<std::size_t>(at - begin);
    if (at == end) return {};
    if (*at != '\r') return {LineScan::State::malformed, scanned, *at == '\n' ? "bare LF" : "control character"};
    if (end - at < 2) return {};
    if (at[1] != '\n') return {LineScan::State::malformed, scanned, "bare CR"};
    // Every LF before this line follows a CR, or the scan had stopped at it.
    if (at == begin || at[-1] == '\n') return {LineScan::State::complete, scanned + 2, {}};
  }
}

}  // namespace outrigger::http::h1
