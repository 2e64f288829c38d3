#include "server/admin/query.h"

#include <algorithm>

#include "base/hex.h"

namespace outrigger::server {

std::string percent_decoded(std::string_view text) {
  std::string result;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const auto byte = text[i] == '%' ? base::from_hex(text.substr(i + 1, 2), 1) : std::nullopt;
    result += byte ? *byte : text.substr(i, 1);
    if (byte) i += 2;
  }
  return result;
}

std::vector<std::pair<std::string, std::string>> parameters_of(std::string_view query) {
  std::vector<std::pair<std::string, std::string>> parameters;
  while (!query.empty()) {
    const std::string_view parameter = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(parameter.size() + 1, query.size()));
    const std::string_view name = parameter.substr(0, parameter.find('='));
    const std::string_view value = parameter.substr(std::min(name.size() + 1, parameter.size()));
    if (!parameter.empty()) parameters.emplace_back(percent_decoded(name), percent_decoded(value));
  }
  return parameters;
}

}  // namespace outrigger::server
