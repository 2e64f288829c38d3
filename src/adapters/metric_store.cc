#include "adapters/metric_store.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <set>

#include "adapters/merge.h"
#include "adapters/metric_name.h"
#include "base/utf8.h"

namespace outrigger::adapters {
namespace {

constexpr const char* kReasons[] = {"none", "cardinality", "type", "name", "value"};
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Names that a page may have: each once, and not those that the samples of a distribution get by themselves.
bool are_good(const stats::Labels& labels, stats::MetricType type) {
  const std::string_view own = type == stats::MetricType::histogram ? "le"
                               : type == stats::MetricType::summary ? "quantile"
                                                                    : "";
  std::set<std::string_view> names;
  return std::ranges::all_of(labels, [&](const auto& label) {
    return is_label_name(label.first) && label.first != own && names.insert(label.first).second;
  });
}

// A page with one byte that is no UTF-8 is refused as a whole by those who read it, so such bytes become "?".
std::string valid_text(std::string_view text) {
  std::string result;
  while (!text.empty()) {
    const bool is_ascii = static_cast<signed char>(text[0]) >= 0;
    const std::size_t size = is_ascii ? 1 : base::utf8_prefix(text);
    result += size == 0 ? "?" : text.substr(0, size);
    text.remove_prefix(std::max(size, std::size_t{1}));
  }
  return result;
}

stats::Labels valid_labels(const stats::Labels& labels) {
  stats::Labels result;
  for (const auto& [name, value] : labels) result.emplace_back(name, valid_text(value));
  return result;
}

// Makes a total what it is with `amount` more. False: that would be no finite number, and nothing after it would count.
bool grow(double& total, double amount) {
  if (!std::isfinite(total + amount)) return false;
  total += amount;
  return true;
}

Refusal check(double value) { return std::isfinite(value) ? Refusal::none : Refusal::value; }

Refusal put(stats::Metric& metric, double value, double times, const std::optional<stats::Exemplar>& exemplar) {
  if (!grow(metric.sum, value * times)) return Refusal::value;
  const auto weight = static_cast<std::uint64_t>(times);
  bool is_first = true;
  for (stats::Bucket& bucket : metric.buckets) {
    if (value > bucket.upper) continue;
    bucket.count += weight;
    if (is_first && exemplar) bucket.exemplar = exemplar;
    is_first = false;
  }
  metric.count += weight;
  return Refusal::none;
}

}  // namespace

MetricSource::MetricSource(SourceOptions options) : options_(std::move(options)) {
  for (std::size_t i = 1; i < std::size(refused_); ++i) {
    refused_[i] = stats::counter("outrigger_adapter_refused_values_total",
                                 "Values of others that did not become metrics, by reason.",
                                 {{"adapter", options_.adapter}, {"origin", options_.origin}, {"reason", kReasons[i]}});
  }
}

void MetricSource::set_options(SourceOptions options) {
  const std::lock_guard lock(mutex_);
  options_ = std::move(options);
}

SourceOptions MetricSource::options() const {
  const std::lock_guard lock(mutex_);
  return options_;
}

void MetricSource::count(Refusal refusal) const { refused_[static_cast<std::size_t>(refusal)].add(); }

MetricSource::Entry* MetricSource::entry(const SeriesName& series, stats::MetricType type, Instant now,
                                         Refusal& refusal) {
  const stats::Labels labels = valid_labels(series.labels);
  auto family = families_.find(series.name);
  if (family != families_.end()) {
    const auto found = family->second.entries.find(labels);
    if (family->second.type != type) refusal = Refusal::type;
    if (refusal == Refusal::none && found != family->second.entries.end()) {
      found->second.touched = now;
      return &found->second;
    }
  }
  if (size_ >= options_.series) refusal = Refusal::cardinality;
  if (!is_metric_name(series.name) || !are_good(labels, type)) refusal = Refusal::name;
  if (refusal != Refusal::none) return nullptr;
  if (family == families_.end()) {
    family = families_.emplace(std::string(series.name), Family{valid_text(series.help), type, {}}).first;
  }
  ++size_;
  return &family->second.entries.emplace(labels, Entry{{.labels = labels}, now}).first->second;
}

Refusal MetricSource::add(const SeriesName& series, double amount, Instant now,
                          std::optional<stats::Exemplar> exemplar) {
  const std::lock_guard lock(mutex_);
  Refusal refusal = check(amount);
  Entry* found = entry(series, stats::MetricType::counter, now, refusal);
  if (found && !grow(found->metric.value, amount)) refusal = Refusal::value;
  if (refusal == Refusal::none && exemplar) found->metric.exemplar = std::move(exemplar);
  count(refusal);
  return refusal;
}

Refusal MetricSource::set(const SeriesName& series, double value, Instant now) {
  const std::lock_guard lock(mutex_);
  Refusal refusal = Refusal::none;
  if (Entry* found = entry(series, stats::MetricType::gauge, now, refusal)) found->metric.value = value;
  count(refusal);
  return refusal;
}

Refusal MetricSource::change(const SeriesName& series, double by, Instant now) {
  const std::lock_guard lock(mutex_);
  Refusal refusal = check(by);
  Entry* found = entry(series, stats::MetricType::gauge, now, refusal);
  if (found && !grow(found->metric.value, by)) refusal = Refusal::value;
  count(refusal);
  return refusal;
}

Refusal MetricSource::observe(const SeriesName& series, double value, double times, const std::vector<double>& bounds,
                              Instant now, std::optional<stats::Exemplar> exemplar) {
  const std::lock_guard lock(mutex_);
  Refusal refusal = check(value * times);
  if (Entry* found = entry(series, stats::MetricType::histogram, now, refusal)) {
    if (found->metric.buckets.empty()) {
      for (const double bound : bounds) found->metric.buckets.push_back({bound});
      found->metric.buckets.push_back({kInfinity});
    }
    refusal = put(found->metric, value, times, exemplar);
  }
  count(refusal);
  return refusal;
}

void MetricSource::replace(std::vector<stats::MetricFamily> families, Instant now) {
  const std::lock_guard lock(mutex_);
  families_.clear();
  size_ = 0;
  for (stats::MetricFamily& family : families) insert(std::move(family), now);
}

void MetricSource::insert(stats::MetricFamily family, Instant now) {
  if (!is_metric_name(family.name)) return count(Refusal::name);
  const auto [place, is_new] = families_.try_emplace(family.name, Family{valid_text(family.help), family.type, {}});
  if (!is_new && place->second.type != family.type) return count(Refusal::type);
  for (stats::Metric& metric : family.metrics) {
    const bool has_room = size_ < options_.series;
    if (!has_room || !are_good(metric.labels, family.type)) {
      count(has_room ? Refusal::name : Refusal::cardinality);
      continue;
    }
    metric.labels = valid_labels(metric.labels);
    stats::Labels labels = metric.labels;
    const bool is_first = place->second.entries.try_emplace(std::move(labels), Entry{std::move(metric), now}).second;
    if (is_first) ++size_;
    if (!is_first) count(Refusal::name);
  }
}

void MetricSource::expire(Instant untouched_since) {
  const std::lock_guard lock(mutex_);
  for (auto family = families_.begin(); family != families_.end();) {
    size_ -=
        std::erase_if(family->second.entries, [&](const auto& each) { return each.second.touched < untouched_since; });
    family = family->second.entries.empty() ? families_.erase(family) : std::next(family);
  }
}

void MetricSource::clear() {
  const std::lock_guard lock(mutex_);
  families_.clear();
  size_ = 0;
}

std::vector<stats::MetricFamily> MetricSource::families() const {
  const std::lock_guard lock(mutex_);
  std::vector<stats::MetricFamily> result;
  for (const auto& [name, family] : families_) {
    if (family.entries.empty()) continue;  // all of it was refused
    stats::MetricFamily& made = result.emplace_back(name, family.help, family.type);
    for (const auto& [labels, each] : family.entries) made.metrics.push_back(each.metric);
  }
  return result;
}

std::size_t MetricSource::size() const {
  const std::lock_guard lock(mutex_);
  return size_;
}

std::shared_ptr<MetricSource> MetricStore::source(SourceOptions options) {
  const std::lock_guard lock(mutex_);
  clashes_ = stats::counter("outrigger_adapter_clashes_total",
                            "Families of others left out of a page: their name and its prefixed form were taken.");
  std::erase_if(sources_, [](const Known& each) { return each.source.expired(); });
  const std::string key = options.adapter + ' ' + options.origin + ' ' + options.identity;
  for (const Known& each : sources_) {
    if (each.key != key) continue;
    if (auto kept = each.source.lock()) {
      kept->set_options(std::move(options));
      return kept;
    }
  }
  auto made = std::make_shared<MetricSource>(options);
  stats::gauge_callback("outrigger_adapter_series", "Label sets that an adapter brought.",
                        {{"adapter", options.adapter}, {"origin", options.origin}}, [weak = std::weak_ptr(made)] {
                          const auto source = weak.lock();
                          return source ? static_cast<double>(source->size())
                                        : std::numeric_limits<double>::quiet_NaN();
                        });
  sources_.push_back({key, made});
  return made;
}

void MetricStore::add_to(std::vector<stats::MetricFamily>& page) const {
  std::vector<std::shared_ptr<MetricSource>> sources;
  {
    const std::lock_guard lock(mutex_);
    for (const Known& each : sources_) {
      if (auto source = each.source.lock()) sources.push_back(std::move(source));
    }
  }
  Page merged(page);
  for (const auto& source : sources) {
    const std::string prefix = source->options().prefix;
    for (stats::MetricFamily& family : source->families()) {
      if (!merged.add(std::move(family), prefix)) clashes_.add();
    }
  }
}

std::vector<stats::MetricFamily> MetricStore::collect() const {
  std::vector<stats::MetricFamily> page = stats::collect();
  add_to(page);
  std::ranges::sort(page, {}, &stats::MetricFamily::name);
  return page;
}

}  // namespace outrigger::adapters
