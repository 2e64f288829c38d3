#include <charconv>
#include <cmath>
#include <set>

#include "stats/families.h"

// The text of OpenMetrics 1.0, section "Text format".
namespace outrigger::stats {
namespace {

constexpr std::string_view kTotal = "_total";

void append_number(std::string& out, double value) {
  if (std::isnan(value)) {
    out += "NaN";
  } else if (std::isinf(value)) {
    out += value > 0 ? "+Inf" : "-Inf";
  } else {
    char buffer[32];
    out.append(buffer, std::to_chars(buffer, buffer + sizeof buffer, value).ptr);
  }
}

// Bounds and quantiles as the format wants them: a float with its point.
std::string canonical(double value) {
  std::string text;
  append_number(text, value);
  if (std::isfinite(value) && text.find_first_of(".e") == std::string::npos) text += ".0";
  return text;
}

void append_escaped(std::string& out, std::string_view text) {
  for (const char c : text) {
    if (c == '\n') {
      out += "\\n";
    } else {
      if (c == '\\' || c == '"') out += '\\';
      out += c;
    }
  }
}

void append_labels(std::string& out, const Labels& labels, std::string_view more = {}, const std::string& value = {}) {
  if (labels.empty() && more.empty()) return;
  out += '{';
  const char* between = "";
  const auto add = [&](std::string_view name, std::string_view text) {
    (out += between).append(name) += "=\"";
    append_escaped(out, text);
    out += '"';
    between = ",";
  };
  for (const auto& [name, text] : labels) add(name, text);
  if (!more.empty()) add(more, value);
  out += '}';
}

void append_exemplar(std::string& out, const std::optional<Exemplar>& exemplar) {
  if (!exemplar) return;
  out += " # ";
  if (exemplar->labels.empty()) out += "{}";
  append_labels(out, exemplar->labels);
  append_number(out += ' ', exemplar->value);
  if (exemplar->time > 0) {
    char buffer[40];
    const auto end = std::to_chars(buffer, buffer + sizeof buffer, exemplar->time, std::chars_format::fixed, 3).ptr;
    (out += ' ').append(buffer, end);
  }
}

class Writer {
 public:
  explicit Writer(std::span<const MetricFamily> families) {
    for (const MetricFamily& family : families) names_.insert(family.name);
    for (const MetricFamily& family : families) add(family);
    text_ += "# EOF\n";
  }
  std::string take() { return std::move(text_); }

 private:
  // A counter's family has the name without _total. Where that is another family, it cannot be one.
  bool is_counter(const MetricFamily& family) const {
    return family.type == MetricType::counter && family.name.ends_with(kTotal) && family.name.size() > kTotal.size() &&
           !names_.contains(stem(family.name));
  }
  static std::string_view stem(std::string_view name) { return name.substr(0, name.size() - kTotal.size()); }

  std::string_view type_name(const MetricFamily& family) const {
    switch (family.type) {
      case MetricType::counter:
        return is_counter(family) ? "counter" : "unknown";
      case MetricType::gauge:
        return "gauge";
      case MetricType::histogram:
        return "histogram";
      case MetricType::summary:
        return "summary";
      case MetricType::untyped:
        break;
    }
    return "unknown";
  }

  void add(const MetricFamily& family) {
    const std::string_view name = is_counter(family) ? stem(family.name) : std::string_view(family.name);
    if (!family.help.empty()) {
      (text_ += "# HELP ").append(name) += ' ';
      append_escaped(text_, family.help);
      text_ += '\n';
    }
    ((text_ += "# TYPE ").append(name) += ' ').append(type_name(family)) += '\n';
    for (const Metric& metric : family.metrics) {
      if (family.type == MetricType::histogram || family.type == MetricType::summary) {
        distribution(family, metric);
      } else {
        text_ += family.name;
        append_labels(text_, metric.labels);
        append_number(text_ += ' ', metric.value);
        if (is_counter(family)) append_exemplar(text_, metric.exemplar);
        text_ += '\n';
      }
    }
  }

  void distribution(const MetricFamily& family, const Metric& metric) {
    for (const Bucket& bucket : metric.buckets) {
      (text_ += family.name) += "_bucket";
      append_labels(text_, metric.labels, "le", canonical(bucket.upper));
      append_number(text_ += ' ', static_cast<double>(bucket.count));
      append_exemplar(text_, bucket.exemplar);
      text_ += '\n';
    }
    for (const auto& [quantile, value] : metric.quantiles) {
      text_ += family.name;
      append_labels(text_, metric.labels, "quantile", canonical(quantile));
      append_number(text_ += ' ', value);
      text_ += '\n';
    }
    sample(family.name + "_count", metric, static_cast<double>(metric.count));
    sample(family.name + "_sum", metric, metric.sum);
  }

  void sample(const std::string& name, const Metric& metric, double value) {
    text_ += name;
    append_labels(text_, metric.labels);
    append_number(text_ += ' ', value);
    text_ += '\n';
  }

  std::set<std::string_view> names_;
  std::string text_;
};

}  // namespace

std::string open_metrics(std::span<const MetricFamily> families) { return Writer(families).take(); }

}  // namespace outrigger::stats
