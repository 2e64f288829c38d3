#include "stats/registry.h"

#include <algorithm>

namespace outrigger::stats {

namespace {

constexpr std::size_t kMaxSeries = 1000;
thread_local std::size_t current_worker = 0;

std::size_t rows_of(Kind kind) { return kind == Kind::histogram ? Histogram::kBuckets + 1 : 1; }

}  // namespace

void set_worker(std::size_t index) { current_worker = std::min(index, kMaxWorkers); }
std::size_t worker_index() { return current_worker; }

std::int64_t total(const Cell* cells) {
  std::int64_t sum = 0;
  for (std::size_t i = 0; i < kRow; ++i) sum += cells[i].value.load(std::memory_order_relaxed);
  return sum;
}

std::int64_t Counter::total() const { return cells_ == nullptr ? 0 : stats::total(cells_); }

// Never destroyed: threads may count until the process ends.
Registry& Registry::instance() {
  static auto* registry = new Registry;
  return *registry;
}

Series& Registry::series(std::string_view name, std::string_view help, Kind kind, const Labels& labels) {
  std::lock_guard lock(mutex_);
  return find_or_make(name, help, kind, labels);
}

void Registry::callback(std::string_view name, std::string_view help, Kind kind, const Labels& labels,
                        std::function<double()> read) {
  std::lock_guard lock(mutex_);
  find_or_make(name, help, kind, labels).read = std::move(read);
}

Series& Registry::find_or_make(std::string_view name, std::string_view help, Kind kind, const Labels& labels) {
  Family& family = families_[std::string(name)];
  family.help = help;
  family.kind = kind;
  Labels key = labels;
  if (!family.series.contains(key) && family.series.size() >= kMaxSeries) {
    for (auto& label : key) label.second = "other";
  }
  Series& series = family.series[key];
  if (!series.cells) {
    series.labels = key;
    series.cells = std::make_unique<Cell[]>(kRow * rows_of(kind));
  }
  return series;
}

void Registry::for_each(const std::function<void(const std::string&, const Family&)>& visit) {
  std::lock_guard lock(mutex_);
  for (const auto& [name, family] : families_) visit(name, family);
}

Counter counter(std::string_view name, std::string_view help, const Labels& labels) {
  return Counter(Registry::instance().series(name, help, Kind::counter, labels).cells.get());
}

Gauge gauge(std::string_view name, std::string_view help, const Labels& labels) {
  return Gauge(Registry::instance().series(name, help, Kind::gauge, labels).cells.get());
}

Histogram histogram(std::string_view name, std::string_view help, const Labels& labels) {
  Cell* cells = Registry::instance().series(name, help, Kind::histogram, labels).cells.get();
  Counter buckets[Histogram::kBuckets];
  for (std::size_t i = 0; i < Histogram::kBuckets; ++i) buckets[i] = Counter(cells + i * kRow);
  return {buckets, Counter(cells + Histogram::kBuckets * kRow)};
}

void gauge_callback(std::string_view name, std::string_view help, const Labels& labels, std::function<double()> read) {
  Registry::instance().callback(name, help, Kind::gauge_callback, labels, std::move(read));
}

void counter_callback(std::string_view name, std::string_view help, const Labels& labels,
                      std::function<double()> read) {
  Registry::instance().callback(name, help, Kind::counter_callback, labels, std::move(read));
}

Histogram::Histogram(const Counter (&buckets)[kBuckets], Counter sum) : nanoseconds_(sum) {
  std::copy(std::begin(buckets), std::end(buckets), std::begin(buckets_));
}

void Histogram::observe(double seconds) const {
  const auto bucket = std::lower_bound(std::begin(kSeconds), std::end(kSeconds), seconds) - std::begin(kSeconds);
  buckets_[bucket].add();
  nanoseconds_.add(static_cast<std::int64_t>(seconds * 1e9));
}

}  // namespace outrigger::stats
