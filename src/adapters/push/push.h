#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "adapters/adapter.h"
#include "adapters/push/statsd_lines.h"
#include "upstream/fetch/fetch.h"

namespace outrigger::adapters {

enum class StatsdFormat : std::uint8_t { dogstatsd, plain };

// Where it goes: one of the three is set.
struct PushTarget {
  std::string otlp;
  std::string pushgateway;
  std::string statsd;
  std::string job = "outrigger";                // of pushgateway
  std::map<std::string, std::string> grouping;  // of pushgateway
  std::map<std::string, std::string> resource;  // of otlp
  StatsdFormat format = StatsdFormat::dogstatsd;
  std::map<std::string, std::string> headers;  // secret references
  Duration every = std::chrono::seconds(15);
  Duration timeout = std::chrono::seconds(5);
  std::vector<std::string> only, drop;  // names, * stands for anything
};
void describe(config::Schema<PushTarget>& schema);

struct PushOptions {
  PushTarget push;
};
void describe(config::Schema<PushOptions>& schema);

// Sends every metric that /metrics has, again and again, and once more at the end of the process. What could not be
// sent is part of what is sent next: all values are cumulative. Thread: the adapters'.
class Push final : public Adapter {
 public:
  Push(const PushOptions& options, AdapterContext& context);
  ~Push() override;
  void start() override { next_.start(target_.every); }
  void finish() override;
  bool has_finished() const override { return !is_sending_; }

 private:
  void send();
  std::vector<stats::MetricFamily> chosen() const;
  void send_requests();
  void send_next();
  void on_answer(const upstream::Fetch::Result& answer);
  void send_datagrams(const std::vector<std::string>& datagrams);
  void ended(const std::string& problem);

  const PushTarget target_;
  const std::map<std::string, std::string> headers_;  // resolved
  const std::string url_;
  AdapterServices services_;
  stats::Counter sent_, failed_, lost_;
  const WallTime started_;
  StatsdLines lines_;
  int fd_ = -1;
  std::vector<std::string> waiting_;  // contents of requests, the next one last
  bool is_sending_ = false;
  bool is_ending_ = false;   // nothing is sent by the clock any more
  bool wants_last_ = false;  // when what is on its way has ended
  bool was_good_ = true;
  Instant began_{};
  Timer next_;
  std::unique_ptr<upstream::Fetch> fetch_;
};

extern const AdapterType kPushType;

}  // namespace outrigger::adapters
