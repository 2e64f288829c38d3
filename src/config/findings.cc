#include "config/findings.h"

#include "config/report.h"

namespace outrigger::config {

Mark mark_of(std::string path, const Origins& origins) {
  while (!path.empty()) {
    if (const auto found = origins.find(path); found != origins.end()) return found->second;
    const std::size_t cut = path.find_last_of(".[");
    path.resize(cut == std::string::npos ? 0 : cut);
  }
  return {};
}

void Findings::error(const std::string& path, std::string message) const {
  report_.error(mark_of(path, origins_), path, std::move(message));
}

void Findings::warning(const std::string& path, std::string message) const {
  report_.warning(mark_of(path, origins_), path, std::move(message));
}

bool Findings::has_errors(std::string_view path) const { return report_.has_errors(path); }

}  // namespace outrigger::config
