#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "outrigger/clock.h"
#include "stats/families.h"

namespace outrigger::adapters {

// Why a value did not become part of a source's metrics.
enum class Refusal : unsigned char {
  none,
  cardinality,  // the source has as many label sets as it may
  type,         // the name is that of a metric of another type
  name,         // it is no name of a metric or label, or the same label set twice in a scrape
  value         // it is no number that the metric could take
};

struct SourceOptions {
  std::string adapter;        // "statsd"
  std::string origin;         // which one, for labels of our metrics: "127.0.0.1:8125"
  std::string prefix;         // in front of names that are on the page already
  std::size_t series = 1000;  // most label sets
  std::string identity{};     // tells sources of one origin apart that each replace what they have; empty: they are one
};

// What a value belongs to. Views: good while the call runs.
struct SeriesName {
  std::string_view name;
  std::string_view help;
  const stats::Labels& labels;
};

// The metrics that one adapter brought. What it refused counts in outrigger_adapter_refused_values_total, how many
// label sets it holds is outrigger_adapter_series. Thread: any; takes a lock.
class MetricSource {
 public:
  explicit MetricSource(SourceOptions options);

  // A setting changed: values stay; a lower limit holds for new label sets.
  void set_options(SourceOptions options);

  // Adds to a counter. `now`: of this change, for expire(). Here and below: what would make a total infinite is
  // refused.
  Refusal add(const SeriesName& series, double amount, Instant now, std::optional<stats::Exemplar> exemplar = {});
  // Sets a gauge, or changes it.
  Refusal set(const SeriesName& series, double value, Instant now);
  Refusal change(const SeriesName& series, double by, Instant now);
  // Puts `value` into a histogram, as often as `times` says (a sample rate of 0.1 makes 10). `bounds`: ascending, of
  // the family's first observation; the last bucket, infinity, is added.
  Refusal observe(const SeriesName& series, double value, double times, const std::vector<double>& bounds, Instant now,
                  std::optional<stats::Exemplar> exemplar = {});

  // All of it anew, as a scrape brings it; what is beyond the limit of series is refused. Duplicate names: the later
  // family is refused.
  void replace(std::vector<stats::MetricFamily> families, Instant now);
  // Forgets label sets that were not touched since; all of them: clear().
  void expire(Instant untouched_since);
  void clear();

  // Counts a refusal that the adapter itself decided.
  void count(Refusal refusal) const;

  SourceOptions options() const;
  std::vector<stats::MetricFamily> families() const;
  std::size_t size() const;

 private:
  struct Entry {
    stats::Metric metric;
    Instant touched;
  };
  struct Family {
    std::string help;
    stats::MetricType type = stats::MetricType::untyped;
    std::map<stats::Labels, Entry> entries;
  };
  Entry* entry(const SeriesName& series, stats::MetricType type, Instant now, Refusal& refusal);
  void insert(stats::MetricFamily family, Instant now);

  mutable std::mutex mutex_;
  SourceOptions options_;                                // guarded by mutex_
  std::map<std::string, Family, std::less<>> families_;  // guarded by mutex_
  std::size_t size_ = 0;                                 // guarded by mutex_
  stats::Counter refused_[5];                            // by Refusal
};

// Every source there is. Thread: any.
class MetricStore {
 public:
  // The source under that adapter, origin and identity: the one there is, with its values, or a new one. It lives as
  // long as somebody holds it, so an adapter that takes another's place goes on where that one was.
  std::shared_ptr<MetricSource> source(SourceOptions options);
  // Adds everything to `page`. A family that is there already is joined where types agree and no label set is there
  // twice; else it gets the source's prefix; where that is taken as well, it is left out and counted.
  void add_to(std::vector<stats::MetricFamily>& page) const;
  // Ours and everything else, by name.
  std::vector<stats::MetricFamily> collect() const;

 private:
  struct Known {
    std::string key;
    std::weak_ptr<MetricSource> source;
  };
  mutable std::mutex mutex_;
  std::vector<Known> sources_;  // guarded by mutex_; in the order of their making
  stats::Counter clashes_;
};

}  // namespace outrigger::adapters
