#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "base/export/export_lanes.h"
#include "server/export/batch.h"

namespace outrigger::server {

// Brings the records of one collector to it, one batch at a time. A batch that could not be brought is tried again with
// growing pauses and given up after kLongestTry; meanwhile what comes waits in its lanes, and what finds no room there
// is dropped by those who make it. Thread: its loop's.
class Sender {
 public:
  static constexpr Duration kLongestTry = std::chrono::seconds(60);

  Sender(EventLoop& loop, net::dns::Resolver& resolver, ExportTarget target);

  // Sends what waits there, unless a batch is on its way.
  void send(base::ExportQueue queue);
  // No pauses any more: what fails now is given up.
  void hurry();
  // Nothing is on its way and nothing waits.
  bool is_idle() const;
  // The rest is left: counts it. How many records that were.
  std::size_t abandon();

 private:
  void next();
  void try_again();
  void on_answer(upstream::Fetch::Result result);
  void on_failure(const std::string& why, std::optional<Duration> pause);
  void drop(const stats::Counter& reason, const std::string& why);
  void report(const std::string& why);

  EventLoop& loop_;
  net::dns::Resolver& resolver_;
  const ExportTarget target_;
  base::ExportQueue queue_;
  Batch batch_;
  Instant first_try_{};
  int tries_ = 0;
  bool is_hurried_ = false;
  bool is_failing_ = false;  // and the process log knows
  Timer pause_;
  std::unique_ptr<upstream::Fetch> fetch_;
};

}  // namespace outrigger::server
