#include "server/admin/accept.h"

#include <algorithm>
#include <charconv>

#include "base/text.h"
#include "outrigger/headers.h"

namespace outrigger::server {
namespace {

std::string_view next_part(std::string_view& text, char separator) {
  return base::trimmed(base::take_part(text, separator));
}

double weight(std::string_view parameters) {
  while (!parameters.empty()) {
    const std::string_view part = next_part(parameters, ';');
    if (!part.starts_with("q=") && !part.starts_with("Q=")) continue;
    double value = 0;
    std::from_chars(part.data() + 2, part.data() + part.size(), value);
    return std::clamp(value, 0.0, 1.0);
  }
  return 1;
}

}  // namespace

double accepted(std::string_view accept, std::string_view type) {
  double most = 0;
  while (!accept.empty()) {
    std::string_view item = next_part(accept, ',');
    if (equals_ignoring_case(next_part(item, ';'), type)) most = std::max(most, weight(item));
  }
  return most;
}

}  // namespace outrigger::server
