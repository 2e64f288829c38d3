#include "cli/top/scrape.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>
#include <limits>
#include <set>

namespace outrigger::cli {

namespace {

// Takes `name="value"` from the front of labels; values have \\, \" and \n escaped.
bool take_label(std::string_view& rest, std::string& name, std::string& value) {
  const auto equals = rest.find("=\"");
  if (equals == std::string_view::npos) return false;
  name = rest.substr(0, equals);
  value.clear();
  std::size_t at = equals + 2;
  for (; at < rest.size() && rest[at] != '"'; ++at) {
    if (rest[at] == '\\' && at + 1 < rest.size()) ++at;
    value += rest[at];
  }
  rest.remove_prefix(std::min(at + 1, rest.size()));
  if (rest.starts_with(',')) rest.remove_prefix(1);
  return true;
}

double number(std::string_view text) {
  if (text == "+Inf") return std::numeric_limits<double>::infinity();
  return std::strtod(std::string(text).c_str(), nullptr);
}

}  // namespace

Scrape::Scrape(std::string_view text) {
  while (!text.empty()) {
    std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.empty() || line.front() == '#') continue;
    Series made{std::string(line.substr(0, line.find_first_of("{ "))), {}, 0};
    line.remove_prefix(made.name.size());
    if (const auto end = line.rfind('}'); line.starts_with('{') && end != std::string_view::npos) {
      std::string_view labels = line.substr(1, end - 1);
      for (std::string name, value; take_label(labels, name, value);) made.labels[name] = value;
      line.remove_prefix(end + 1);
    }
    made.value = number(line.substr(std::min(line.find_first_not_of(' '), line.size())));
    series_.push_back(std::move(made));
  }
}

double Scrape::sum(std::string_view name, std::string_view label, std::string_view value) const {
  double total = 0;
  for (const Series& series : series_) {
    if (series.name != name) continue;
    const auto found = label.empty() ? series.labels.end() : series.labels.find(label);
    if (label.empty() || (found != series.labels.end() && found->second == value)) total += series.value;
  }
  return total;
}

std::vector<std::string> Scrape::values_of(std::string_view name, std::string_view label) const {
  std::set<std::string> found;
  for (const Series& series : series_) {
    const auto value = series.labels.find(label);
    if (series.name == name && value != series.labels.end()) found.insert(value->second);
  }
  return {found.begin(), found.end()};
}

std::map<double, double> Scrape::buckets(std::string_view name) const {
  std::map<double, double> found;
  const std::string full = std::string(name) + "_bucket";
  for (const Series& series : series_) {
    const auto bound = series.labels.find("le");
    if (series.name == full && bound != series.labels.end()) found[number(bound->second)] += series.value;
  }
  return found;
}

double quantile(const std::map<double, double>& before, const std::map<double, double>& now, double share) {
  const auto came = [&before](const auto& bucket) {
    const auto old = before.find(bucket.first);
    return bucket.second - (old == before.end() ? 0 : old->second);
  };
  const double total = now.empty() ? 0 : came(*now.rbegin());
  if (total <= 0) return 0;
  double below = 0, lower = 0;
  for (const auto& bucket : now) {
    const double count = came(bucket);
    if (count >= share * total) {
      if (std::isinf(bucket.first)) return lower;
      const double inside = count - below;
      return inside <= 0 ? bucket.first : lower + (bucket.first - lower) * (share * total - below) / inside;
    }
    below = count;
    lower = bucket.first;
  }
  return lower;
}

}  // namespace outrigger::cli
