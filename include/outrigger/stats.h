#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

// Counts. Each worker has a table of its own, so that what a request counts lies close together and is written by one
// thread only; a handle is a place in every table. Counting is a load and a store. Tables are summed when somebody
// looks. Threads without a number share table 0.
namespace outrigger::stats {

inline constexpr std::size_t kMaxWorkers = 64;
inline constexpr std::size_t kMaxCells = 128 * 1024;  // of the process; what is beyond them shares one that nobody sees
using Labels = std::vector<std::pair<std::string, std::string>>;
using Cell = std::atomic<std::int64_t>;

// Numbers the calling thread 1..kMaxWorkers; once, at its start.
void set_worker(std::size_t index);

namespace detail {
struct Table {
  Cell* cells;
  std::size_t worker;  // 0: shared by the threads without a number
};
extern constinit thread_local Table table;
}  // namespace detail

// The calling thread's number, 0 if it has none.
inline std::size_t worker_index() { return detail::table.worker; }

class Counter {
 public:
  // Counts what nobody sees.
  Counter() = default;
  explicit Counter(std::uint32_t place) : place_(place) {}
  void add(std::int64_t amount = 1) const {
    Cell& cell = detail::table.cells[place_];
    if (detail::table.worker == 0) {
      cell.fetch_add(amount, std::memory_order_relaxed);
    } else {
      cell.store(cell.load(std::memory_order_relaxed) + amount, std::memory_order_relaxed);
    }
  }
  // For a value that any thread knows as a whole, instead of add(): how many endpoints there are.
  void set(std::int64_t value) const;
  std::uint32_t place() const { return place_; }
  std::int64_t total() const;

 private:
  std::uint32_t place_ = 0;
};

// Goes up and down; each worker adds its share.
using Gauge = Counter;

// Cumulative buckets by upper bound in the metric's unit, with sum and count.
class Histogram {
 public:
  static constexpr double kSeconds[] = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1,
                                        0.25,   0.5,   1,      2.5,   5,    10,    30};
  static constexpr std::size_t kBuckets = std::size(kSeconds) + 1;
  Histogram() = default;
  Histogram(const Counter (&buckets)[kBuckets], Counter sum);
  // `seconds` goes to its bucket; the sum is kept in nanoseconds.
  void observe(double seconds) const;
  // Of what observe(seconds) counted: the bucket's page shows this trace of it, until the next one. Ids as
  // RequestTrace has them, `time` in Unix seconds. Never waits.
  void keep_exemplar(double seconds, std::string_view trace_id, std::string_view span_id, double time) const;

 private:
  static std::size_t bucket_of(double seconds);
  Counter buckets_[kBuckets];
  Counter nanoseconds_;
};

// Handles by name and labels; the same ones give the same cells, so a reload goes on counting. Thread: any, takes a
// lock: while a snapshot is built, not per request. At most 1000 label sets a name; later ones share one labelled
// "other".
Counter counter(std::string_view name, std::string_view help, const Labels& labels = {});
Gauge gauge(std::string_view name, std::string_view help, const Labels& labels = {});
Histogram histogram(std::string_view name, std::string_view help, const Labels& labels = {});
// Asked at each look, on the looking thread; not a number: left out. `read` uses only what lives as long as the process
// or knows by itself that it is gone. The same name and labels again replace it.
void gauge_callback(std::string_view name, std::string_view help, const Labels& labels, std::function<double()> read);
void counter_callback(std::string_view name, std::string_view help, const Labels& labels, std::function<double()> read);

// Everything in Prometheus' text format 0.0.4. Thread: any.
std::string exposition();

}  // namespace outrigger::stats
