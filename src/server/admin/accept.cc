#include "server/admin/accept.h"

#include <algorithm>
#include <charconv>

#include "outrigger/headers.h"

namespace outrigger::server {
namespace {

std::string_view trimmed(std::string_view text) {
  while (text.starts_with(' ') || text.starts_with('\t')) text.remove_prefix(1);
  while (text.ends_with(' ') || text.ends_with('\t')) text.remove_suffix(1);
  return text;
}

// What stands before `separator`; the rest stays in `text`.
std::string_view next_part(std::string_view& text, char separator) {
  const auto end = text.find(separator);
  const std::string_view part = text.substr(0, end);
  text = end == std::string_view::npos ? std::string_view() : text.substr(end + 1);
  return trimmed(part);
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
