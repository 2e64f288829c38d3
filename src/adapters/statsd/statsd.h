#pragma once

#include <map>
#include <memory>
#include <string>
#include <unordered_set>
#include <vector>

#include "adapters/adapter.h"
#include "adapters/datagram_socket.h"
#include "adapters/statsd/name_mapping.h"
#include "adapters/statsd/statsd_line.h"
#include "base/siphash.h"

namespace outrigger::adapters {

struct StatsdOptions {
  std::string statsd;  // "127.0.0.1:8125", "unix:/run/app/statsd.sock"
  std::string prefix;
  std::vector<MappingRule> map;
  bool unmapped = true;
  std::vector<double> buckets = {0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10};
  std::map<std::string, std::string> labels;
  Duration sets_every = std::chrono::seconds(10);
  std::uint32_t series = 1000;
  Duration stale_after = std::chrono::hours(1);
};
void describe(config::Schema<StatsdOptions>& schema);

// Receives statsd and DogStatsD: counters, gauges, timers as histograms in seconds, histograms, sets.
// Thread: the adapters'.
class Statsd final : public Adapter {
 public:
  static constexpr std::size_t kMostMembers = 10'000;  // of a set; more are not told apart

  Statsd(const StatsdOptions& options, AdapterContext& context);
  void start() override;
  // Takes a datagram: lines, each a metric or counted as what is wrong with it.
  void take(std::string_view content);

 private:
  struct Members {
    std::string help;
    std::unordered_set<std::uint64_t> members;  // hashes: a member may be long, and nobody asks for it
  };
  struct Target {
    std::string name;
    stats::Labels labels;
    std::string help;
    const std::vector<double>* buckets;
  };
  void take_line(std::string_view text);
  bool aim(const StatsdLine& line, Target& target) const;
  void put(const StatsdLine& line, const Target& target);
  void put_member(const Target& target, std::string_view member);
  void count_sets();
  void sweep();

  const StatsdOptions options_;
  AdapterServices services_;
  NameMapping mapping_;
  std::shared_ptr<MetricSource> metrics_;
  stats::Counter lines_, passed_over_, dropped_;
  stats::Counter problems_[std::size(kStatsdProblems)];
  const base::SipHash hash_;
  std::map<std::pair<std::string, stats::Labels>, Members> sets_;
  Timer sweep_, sets_timer_;
  DatagramReader reader_;
};

extern const AdapterType kStatsdType;

}  // namespace outrigger::adapters
