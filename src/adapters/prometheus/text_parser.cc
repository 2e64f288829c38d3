#include "adapters/prometheus/text_parser.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>

#include "adapters/metric_name.h"
#include "adapters/prometheus/sample_parser.h"

namespace outrigger::adapters {
namespace {

using stats::Metric;
using stats::MetricFamily;
using stats::MetricType;

enum class Declared : std::uint8_t { counter, gauge, histogram, gauge_histogram, summary, info, state_set, untyped };

struct Word {
  std::string_view word;
  Declared type;
};
constexpr Word kWords[] = {
    {"counter", Declared::counter},     {"gauge", Declared::gauge},
    {"histogram", Declared::histogram}, {"gaugehistogram", Declared::gauge_histogram},
    {"summary", Declared::summary},     {"info", Declared::info},
    {"stateset", Declared::state_set},  {"untyped", Declared::untyped},
    {"unknown", Declared::untyped},
};

std::optional<Declared> type_named(std::string_view word) {
  const auto* found = std::ranges::find(kWords, word, &Word::word);
  return found == std::end(kWords) ? std::nullopt : std::optional(found->type);
}

MetricType type_of(Declared type) {
  switch (type) {
    case Declared::counter:
      return MetricType::counter;
    case Declared::gauge:
    case Declared::info:
    case Declared::state_set:
      return MetricType::gauge;
    case Declared::histogram:
      return MetricType::histogram;
    case Declared::summary:
      return MetricType::summary;
    case Declared::gauge_histogram:
    case Declared::untyped:
      break;
  }
  return MetricType::untyped;
}

// The suffixes that samples of a family may have beside none.
std::vector<std::string_view> suffixes(Declared type) {
  switch (type) {
    case Declared::counter:
      return {"_total", "_created"};
    case Declared::histogram:
      return {"_bucket", "_count", "_sum", "_created"};
    case Declared::gauge_histogram:
      return {"_bucket", "_gcount", "_gsum"};
    case Declared::summary:
      return {"_count", "_sum", "_created"};
    case Declared::info:
      return {"_info"};
    default:
      return {};
  }
}

// Takes the label out of `labels`; nothing if it is not there.
std::optional<std::string> take(stats::Labels& labels, std::string_view name) {
  const auto found = std::ranges::find(labels, name, [](const auto& each) { return std::string_view(each.first); });
  if (found == labels.end()) return std::nullopt;
  std::string value = std::move(found->second);
  labels.erase(found);
  return value;
}

class PageParser {
 public:
  explicit PageParser(std::string_view text) : rest_(text) {}

  std::expected<std::vector<MetricFamily>, std::string> parse() {
    for (number_ = 1; !rest_.empty() && !is_ended_; ++number_) {
      const auto end = rest_.find('\n');
      std::string_view line = rest_.substr(0, end);
      rest_ = end == std::string_view::npos ? std::string_view() : rest_.substr(end + 1);
      if (line.ends_with('\r')) line.remove_suffix(1);
      if (!read(line)) return std::unexpected("line " + std::to_string(number_) + ": " + error_);
    }
    if (!rest_.empty()) return std::unexpected("line " + std::to_string(number_) + ": something behind # EOF");
    std::vector<MetricFamily> families;
    for (Open& each : families_) {
      if (!check(each)) return std::unexpected(error_);
      if (!each.made.metrics.empty()) families.push_back(std::move(each.made));
    }
    return families;
  }

 private:
  struct Open {
    std::string declared;  // its name in TYPE
    MetricFamily made;     // of which the name may have got a suffix
    Declared type = Declared::untyped;
    bool is_typed = false;
    std::map<stats::Labels, std::size_t> places{};  // of metrics, by their labels in order of names
  };

  bool fail(std::string why) {
    error_ = std::move(why);
    return false;
  }

  bool read(std::string_view line) {
    const auto first = line.find_first_not_of(" \t");
    if (first == std::string_view::npos) return true;
    line.remove_prefix(first);
    if (line.starts_with('#')) return read_comment(line.substr(1));
    auto sample = parse_sample(line);
    return sample ? add(std::move(*sample)) : fail(sample.error());
  }

  static std::string_view next_word(std::string_view& text) {
    const auto begin = text.find_first_not_of(" \t");
    if (begin == std::string_view::npos) return text = {};
    text.remove_prefix(begin);
    const std::string_view word = text.substr(0, text.find_first_of(" \t"));
    text.remove_prefix(word.size());
    return word;
  }

  bool read_comment(std::string_view text) {
    const std::string_view keyword = next_word(text);
    if (keyword == "EOF" && text.empty()) return is_ended_ = true;
    if (keyword != "HELP" && keyword != "TYPE") return true;
    const std::string name(next_word(text));
    if (!is_metric_name(name)) return fail("\"" + name + "\" is no name of a metric");
    Open& family = open(name);
    if (keyword == "HELP") return read_help(family, text);
    const auto type = type_named(next_word(text));
    if (!type) return fail("an unknown type");
    if (family.is_typed || !family.made.metrics.empty()) return fail("a second TYPE, or one behind samples");
    family.type = *type;
    family.is_typed = true;
    family.made.type = type_of(*type);
    for (const std::string_view suffix : suffixes(*type)) by_sample_[name + std::string(suffix)] = by_name_.at(name);
    return true;
  }

  bool read_help(Open& family, std::string_view text) {
    if (!text.empty()) text.remove_prefix(1);
    family.made.help.clear();
    for (std::size_t i = 0; i < text.size(); ++i) {
      const bool is_escape = text[i] == '\\' && i + 1 < text.size();
      const char c = is_escape ? text[++i] : text[i];
      family.made.help += is_escape && c == 'n' ? '\n' : c;
    }
    return true;
  }

  Open& open(const std::string& name) {
    const auto [place, is_new] = by_name_.try_emplace(name, families_.size());
    if (is_new) {
      Open& made = families_.emplace_back();
      made.declared = made.made.name = name;
    }
    return families_[place->second];
  }

  bool add(Sample sample) {
    const auto typed = by_sample_.find(sample.name);
    const bool is_part = typed != by_sample_.end() && !by_name_.contains(sample.name);
    Open& family = is_part ? families_[typed->second] : open(sample.name);
    const std::string_view suffix = std::string_view(sample.name).substr(family.declared.size());
    if (suffix == "_created") return true;
    if (family.type == Declared::histogram || family.type == Declared::summary) {
      return add_part(family, suffix, std::move(sample));
    }
    if (family.type == Declared::gauge_histogram) {
      Open& part = open(sample.name);
      return add_plain(part, std::move(sample));
    }
    // OpenMetrics names a counter without its _total, and an info without its _info; the page that we make has it.
    if (!suffix.empty() && family.made.metrics.empty()) family.made.name = sample.name;
    if (family.made.name != sample.name) return fail("samples with and without a suffix");
    return add_plain(family, std::move(sample));
  }

  bool add_plain(Open& family, Sample sample) {
    bool is_new = false;
    Metric& metric = find(family, std::move(sample.labels), is_new);
    if (!is_new) return fail("the same name and labels twice");
    if (family.type == Declared::counter && sample.value < 0) return fail("a counter below 0");
    metric.value = sample.value;
    metric.exemplar = std::move(sample.exemplar);
    return true;
  }

  // The metric of these labels, which differ in nothing but their order where they are the same.
  static Metric& find(Open& family, stats::Labels labels, bool& is_new) {
    std::ranges::sort(labels);
    const auto [place, is_first] = family.places.try_emplace(labels, family.made.metrics.size());
    is_new = is_first;
    if (is_first) {
      family.made.metrics.push_back({.labels = std::move(labels)});
    }
    return family.made.metrics[place->second];
  }

  bool add_part(Open& family, std::string_view suffix, Sample sample) {
    const bool is_histogram = family.type == Declared::histogram;
    const auto bound = suffix == "_bucket" ? take(sample.labels, "le")
                       : suffix.empty()    ? take(sample.labels, "quantile")
                                           : std::nullopt;
    const auto at = bound ? parse_number(*bound) : std::nullopt;
    const bool needs_bound = suffix == "_bucket" || suffix.empty();
    if (needs_bound && (!at || std::isnan(*at)))
      return fail("a histogram's le or a summary's quantile is missing or no number");
    if (is_histogram && suffix.empty()) return fail("a sample of a histogram without _bucket, _count or _sum");
    bool is_new = false;
    Metric& metric = find(family, std::move(sample.labels), is_new);
    if (suffix == "_sum") {
      metric.sum = sample.value;
      return true;
    }
    if (suffix.empty()) {
      metric.quantiles.emplace_back(*at, sample.value);
      return true;
    }
    if (!(sample.value >= 0) || sample.value > 9e15) return fail("a count below 0 or no number");
    const auto count = static_cast<std::uint64_t>(sample.value);
    if (suffix == "_count") {
      metric.count = count;
      return true;
    }
    metric.buckets.push_back({*at, count, std::move(sample.exemplar)});
    return true;
  }

  // Buckets may come in any order, but must be whole. Libraries that count without a lock may say another _count.
  bool check(Open& family) {
    if (family.type != Declared::histogram) return true;
    for (Metric& metric : family.made.metrics) {
      std::ranges::sort(metric.buckets, {}, &stats::Bucket::upper);
      const auto rises = [](const stats::Bucket& a, const stats::Bucket& b) {
        return a.upper < b.upper && a.count <= b.count;
      };
      for (std::size_t at = 1; at < metric.buckets.size(); ++at) {
        if (!rises(metric.buckets[at - 1], metric.buckets[at])) {
          return fail("the buckets of " + family.made.name + " do not rise");
        }
      }
      const bool is_whole = !metric.buckets.empty() && std::isinf(metric.buckets.back().upper);
      if (!is_whole) return fail("the histogram " + family.made.name + " has no bucket +Inf");
      metric.count = metric.buckets.back().count;
    }
    return true;
  }

  std::string_view rest_;
  std::size_t number_ = 0;
  bool is_ended_ = false;
  std::string error_;
  std::vector<Open> families_;
  std::map<std::string, std::size_t> by_name_;    // places in families_
  std::map<std::string, std::size_t> by_sample_;  // of typed families: their samples' names with suffix
};

}  // namespace

std::expected<std::vector<MetricFamily>, std::string> parse_metrics(std::string_view text) {
  return PageParser(text).parse();
}

}  // namespace outrigger::adapters
