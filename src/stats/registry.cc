#include "stats/registry.h"

#include <algorithm>
#include <cstdlib>

#include "stats/exemplars.h"

namespace outrigger::stats {

namespace {

constexpr std::size_t kMaxSeries = 1000;

// Untouched pages of a table cost nothing.
constinit Cell shared_cells[kMaxCells];
constinit std::atomic<Cell*> tables[kMaxWorkers + 1] = {shared_cells};

std::uint32_t cells_of(Kind kind) { return kind == Kind::histogram ? Histogram::kBuckets + 1 : 1; }

}  // namespace

constinit thread_local detail::Table detail::table{shared_cells, 0};

void set_worker(std::size_t index) {
  index = std::min(index, kMaxWorkers);
  std::atomic<Cell*>& slot = tables[index];
  if (slot.load(std::memory_order_acquire) == nullptr) {
    slot.store(static_cast<Cell*>(std::calloc(kMaxCells, sizeof(Cell))), std::memory_order_release);
  }
  detail::table = {slot.load(std::memory_order_acquire), index};
}

std::int64_t Counter::total() const {
  std::int64_t sum = 0;
  for (const auto& slot : tables) {
    const Cell* cells = slot.load(std::memory_order_acquire);
    if (cells != nullptr) sum += cells[place_].load(std::memory_order_relaxed);
  }
  return sum;
}

void Counter::set(std::int64_t value) const { shared_cells[place_].store(value, std::memory_order_relaxed); }

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
  if (series.place == 0 && used_ + cells_of(kind) <= kMaxCells) {
    series.labels = key;
    series.place = used_;
    used_ += cells_of(kind);
  }
  return series;
}

void Registry::for_each(const std::function<void(const std::string&, const Family&)>& visit) {
  std::lock_guard lock(mutex_);
  for (const auto& [name, family] : families_) visit(name, family);
}

Counter counter(std::string_view name, std::string_view help, const Labels& labels) {
  return Counter(Registry::instance().series(name, help, Kind::counter, labels).place);
}

Gauge gauge(std::string_view name, std::string_view help, const Labels& labels) {
  return Gauge(Registry::instance().series(name, help, Kind::gauge, labels).place);
}

Histogram histogram(std::string_view name, std::string_view help, const Labels& labels) {
  const std::uint32_t place = Registry::instance().series(name, help, Kind::histogram, labels).place;
  if (place == 0) return {};
  Counter buckets[Histogram::kBuckets];
  for (std::uint32_t i = 0; i < Histogram::kBuckets; ++i) buckets[i] = Counter(place + i);
  return {buckets, Counter(place + Histogram::kBuckets)};
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

std::size_t Histogram::bucket_of(double seconds) {
  return static_cast<std::size_t>(std::ranges::lower_bound(kSeconds, seconds) - std::begin(kSeconds));
}

void Histogram::keep_exemplar(double seconds, std::string_view trace_id, std::string_view span_id, double time) const {
  const std::uint32_t place = buckets_[bucket_of(seconds)].place();
  if (place != 0) Exemplars::instance().keep(place, trace_id, span_id, seconds, time);
}

void Histogram::observe(double seconds) const {
  buckets_[bucket_of(seconds)].add();
  nanoseconds_.add(static_cast<std::int64_t>(seconds * 1e9));
}

}  // namespace outrigger::stats
