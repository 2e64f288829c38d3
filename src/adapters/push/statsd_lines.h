#pragma once

#include <map>
#include <span>
#include <string>
#include <vector>

#include "stats/families.h"

namespace outrigger::adapters {

// Families as lines of statsd: gauges as they are, counters and the counts and sums of histograms and summaries as what
// they grew by since the time before, so that the receiver adds them up. Keeps what it saw; thread: one.
class StatsdLines {
 public:
  static constexpr std::size_t kMostBytes = 1432;  // of a datagram: what a network passes on in one piece

  // `has_tags`: labels as tags of DogStatsD; else their values as parts of the name.
  explicit StatsdLines(bool has_tags) : has_tags_(has_tags) {}

  // Datagrams of whole lines.
  std::vector<std::string> write(std::span<const stats::MetricFamily> families);

 private:
  void grown(const std::string& name, const stats::Labels& labels, double value);
  void line(const std::string& name, const stats::Labels& labels, double value, const char* type);

  const bool has_tags_;
  std::map<std::pair<std::string, stats::Labels>, double> before_, now_;
  std::vector<std::string> datagrams_;
};

}  // namespace outrigger::adapters
