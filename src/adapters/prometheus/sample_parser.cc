#include "adapters/prometheus/sample_parser.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

#include "adapters/metric_name.h"

namespace outrigger::adapters {
namespace {

constexpr std::size_t kMostLabels = 64;  // of a sample

class Reader {
 public:
  explicit Reader(std::string_view text) : rest_(text) {}

  std::expected<Sample, std::string> read() {
    Sample sample;
    sample.name = std::string(until(" \t{"));
    if (!is_metric_name(sample.name)) return std::unexpected("\"" + sample.name + "\" is no name of a metric");
    skip_blanks();
    if (rest_.starts_with('{') && !read_labels(sample.labels)) return std::unexpected(error_);
    skip_blanks();
    const auto value = parse_number(until(" \t"));
    if (!value) return std::unexpected("the value is no number");
    sample.value = *value;
    if (!read_rest(sample)) return std::unexpected(error_);
    return sample;
  }

 private:
  void skip_blanks() {
    while (rest_.starts_with(' ') || rest_.starts_with('\t')) rest_.remove_prefix(1);
  }
  std::string_view until(std::string_view separators) {
    const std::string_view part = rest_.substr(0, rest_.find_first_of(separators));
    rest_.remove_prefix(part.size());
    return part;
  }
  bool fail(std::string why) {
    error_ = std::move(why);
    return false;
  }

  // At "{"; behind the "}" afterwards. A comma may stand behind the last label.
  bool read_labels(stats::Labels& labels) {
    rest_.remove_prefix(1);
    for (skip_blanks(); !rest_.starts_with('}'); skip_blanks()) {
      const std::string name(until("= \t"));
      skip_blanks();
      const bool is_new = std::ranges::find(labels, name, [](const auto& each) { return each.first; }) == labels.end();
      if (!is_label_name(name)) return fail("\"" + name + "\" is no name of a label");
      if (!is_new) return fail("the label \"" + name + "\" stands twice");
      if (labels.size() == kMostLabels) return fail("more than 64 labels");
      if (!rest_.starts_with('=')) return fail("a label without \"=\"");
      rest_.remove_prefix(1);
      skip_blanks();
      std::string value;
      if (!read_text(value)) return false;
      labels.emplace_back(name, std::move(value));
      skip_blanks();
      if (rest_.starts_with(',')) {
        rest_.remove_prefix(1);
      } else if (!rest_.starts_with('}')) {
        return fail("labels do not end with \"}\"");
      }
    }
    rest_.remove_prefix(1);
    return true;
  }

  bool read_text(std::string& value) {
    if (!rest_.starts_with('"')) return fail("a label's value without quotes");
    for (rest_.remove_prefix(1); !rest_.empty(); rest_.remove_prefix(1)) {
      char c = rest_[0];
      if (c == '"') {
        rest_.remove_prefix(1);
        return true;
      }
      if (c == '\\') {
        rest_.remove_prefix(1);
        if (rest_.empty()) break;
        c = rest_[0] == 'n' ? '\n' : rest_[0];
        if (c != '\n' && c != '\\' && c != '"') return fail("an escape other than \\\\, \\\" and \\n");
      }
      value += c;
    }
    return fail("a label's value has no end");
  }

  bool read_rest(Sample& sample) {
    skip_blanks();
    if (!rest_.empty() && !rest_.starts_with('#') && !parse_number(until(" \t"))) {
      return fail("the timestamp is no number");
    }
    skip_blanks();
    if (rest_.empty()) return true;
    if (!rest_.starts_with("# {")) return fail("something behind the value");
    rest_.remove_prefix(2);
    stats::Exemplar exemplar;
    if (!read_labels(exemplar.labels)) return false;
    skip_blanks();
    const auto value = parse_number(until(" \t"));
    skip_blanks();
    const std::string_view time = until(" \t");
    const auto at = time.empty() ? std::optional(0.0) : parse_number(time);
    if (!value || !at || !rest_.empty()) return fail("an exemplar whose value or time is no number");
    exemplar.value = *value;
    exemplar.time = std::isfinite(*at) ? *at : 0;
    sample.exemplar = std::move(exemplar);
    return true;
  }

  std::string_view rest_;
  std::string error_;
};

}  // namespace

std::expected<Sample, std::string> parse_sample(std::string_view line) { return Reader(line).read(); }

std::optional<double> parse_number(std::string_view text) {
  constexpr double kInfinity = std::numeric_limits<double>::infinity();
  if (text == "+Inf" || text == "Inf") return kInfinity;
  if (text == "-Inf") return -kInfinity;
  if (text == "NaN" || text == "Nan") return std::numeric_limits<double>::quiet_NaN();
  if (text.starts_with('+')) text.remove_prefix(1);
  const bool is_decimal = !text.empty() && std::ranges::all_of(text, [](char c) {
    return (c >= '0' && c <= '9') || c == '.' || c == 'e' || c == 'E' || c == '+' || c == '-';
  });
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (!is_decimal || error == std::errc::invalid_argument || end != text.data() + text.size()) return std::nullopt;
  // from_chars leaves the value alone where it does not fit.
  if (error == std::errc::result_out_of_range) return text.starts_with('-') ? -kInfinity : kInfinity;
  return value;
}

}  // namespace outrigger::adapters
