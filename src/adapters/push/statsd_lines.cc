#include "adapters/push/statsd_lines.h"

#include <charconv>
#include <cmath>

namespace outrigger::adapters {
namespace {

using stats::MetricType;

std::string number(double value) {
  char buffer[40];
  return {buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr};
}

// Without what ends a name, tag or line.
std::string clean(std::string_view text, bool is_part_of_name) {
  std::string result;
  for (const char c : text) {
    const bool is_bad = static_cast<unsigned char>(c) < 0x20 || c == '|' || c == ',' || c == '#' || c == '@' ||
                        (is_part_of_name && (c == ':' || c == '.' || c == ' '));
    result += is_bad ? '_' : c;
  }
  return result;
}

}  // namespace

std::vector<std::string> StatsdLines::write(std::span<const stats::MetricFamily> families) {
  for (const stats::MetricFamily& family : families) {
    for (const stats::Metric& metric : family.metrics) {
      if (family.type == MetricType::histogram || family.type == MetricType::summary) {
        grown(family.name + "_count", metric.labels, static_cast<double>(metric.count));
        grown(family.name + "_sum", metric.labels, metric.sum);
      } else if (family.type == MetricType::counter) {
        grown(family.name, metric.labels, metric.value);
      } else if (std::isfinite(metric.value)) {
        // A sign makes it a change, so a value below 0 is one from 0.
        if (metric.value < 0) line(family.name, metric.labels, 0, "g");
        line(family.name, metric.labels, metric.value, "g");
      }
    }
  }
  before_ = std::move(now_);
  now_.clear();
  return std::exchange(datagrams_, {});
}

void StatsdLines::grown(const std::string& name, const stats::Labels& labels, double value) {
  if (!std::isfinite(value)) return;
  const auto key = std::pair(name, labels);
  const auto before = before_.find(key);
  // What is seen for the first time counts from 0, and so does what began anew.
  const double from = before == before_.end() || before->second > value ? 0 : before->second;
  now_[key] = value;
  if (value > from) line(name, labels, value - from, "c");
}

void StatsdLines::line(const std::string& name, const stats::Labels& labels, double value, const char* type) {
  std::string text = name;
  if (!has_tags_) {
    for (const auto& [label, part] : labels) text += "." + clean(part, true);
  }
  text += ":" + number(value) + "|" + type;
  const char* between = "|#";
  if (has_tags_) {
    for (const auto& [label, part] : labels) {
      text += between + label + ":" + clean(part, false);
      between = ",";
    }
  }
  text += '\n';
  if (datagrams_.empty() || datagrams_.back().size() + text.size() > kMostBytes) datagrams_.emplace_back();
  datagrams_.back() += text;
}

}  // namespace outrigger::adapters
