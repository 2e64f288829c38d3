#include "proxy/records/record_filter.h"

#include <algorithm>

#include "base/units.h"

namespace outrigger::proxy {

namespace {

using Set = std::expected<void, std::string>;

Set wrong(std::string_view name, std::string_view value, std::string_view hint) {
  std::string text(name);
  return std::unexpected(text.append(": \"").append(value).append("\" is not understood: ").append(hint));
}

Set set_statuses(std::string_view value, std::vector<base::StatusRange>& out) {
  for (std::string_view rest = value; !rest.empty();) {
    const std::string_view part = rest.substr(0, rest.find(','));
    rest.remove_prefix(std::min(part.size() + 1, rest.size()));
    const auto range = base::parse_status_range(part);
    if (!range) return wrong("status", part, "say 404, 5xx or 200-299");
    out.push_back(*range);
  }
  return {};
}

}  // namespace

Set RecordFilter::set(std::string_view name, std::string_view value) {
  if (name == "status") return set_statuses(value, statuses_);
  if (name == "slower_than") {
    const auto duration = base::parse_duration(value);
    if (!duration) return wrong(name, value, "say 500ms or 2s");
    slower_than_ = *duration;
    return {};
  }
  if (name == "failure" && value != "any" && !is_failure_token(value))
    return wrong(name, value, "say a token of the access log, or any");
  if (name == "kind") {
    kind_ = kept_kind(value);
    return kind_ == nullptr ? wrong(name, value, "say failed, refused, slow or sampled") : Set{};
  }
  if (name == "path" && !value.starts_with('/')) return wrong(name, value, "a path begins with /");
  const std::pair<std::string_view, std::string*> texts[] = {
      {"path", &path_}, {"host", &host_}, {"failure", &failure_}, {"route", &route_}, {"upstream", &upstream_}};
  for (const auto& [known, text] : texts) {
    if (name != known) continue;
    *text = value;
    return {};
  }
  return std::unexpected("there is no filter \"" + std::string(name) +
                         "\": status, path, host, failure, slower_than, route, upstream and kind are known");
}

bool RecordFilter::matches(const Exchange& exchange, const Outcome& outcome, KeptBecause because) const {
  return matches(Subject{because, outcome.status, outcome.failure, outcome.duration, exchange.original_target(),
                         exchange.original_authority(), exchange.route(), exchange.upstream()});
}

bool RecordFilter::matches(const Record& record) const {
  return matches(Subject{record.because, record.status, record.failure, record.duration, record.target, record.host,
                         record.route, record.upstream});
}

bool RecordFilter::has_path(std::string_view target) const {
  const std::string_view path = target.substr(0, target.find('?'));
  if (!path.starts_with(path_)) return false;
  return path.size() == path_.size() || path_.ends_with('/') || path[path_.size()] == '/';
}

bool RecordFilter::matches(const Subject& subject) const {
  const auto includes = [&](const base::StatusRange& range) { return range.includes(subject.status); };
  if (!statuses_.empty() && std::ranges::none_of(statuses_, includes)) return false;
  if (subject.duration < slower_than_) return false;
  if (kind_ != nullptr && !(subject.because.*kind_)) return false;
  if (!path_.empty() && !has_path(subject.target)) return false;
  if (!host_.empty() && !equals_ignoring_case(host_of(subject.authority), host_)) return false;
  if (!route_.empty() && route_ != subject.route) return false;
  if (!upstream_.empty() && upstream_ != subject.upstream) return false;
  if (failure_.empty()) return true;
  return subject.failure != Failure::none && (failure_ == "any" || describe(subject.failure).token == failure_);
}

}  // namespace outrigger::proxy
