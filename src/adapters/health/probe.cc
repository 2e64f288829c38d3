#include "adapters/health/probe.h"

#include <algorithm>

#include "adapters/health/exec_probe.h"
#include "adapters/health/tcp_probe.h"
#include "adapters/process/proc_files.h"
#include "base/glob.h"
#include "base/regex.h"
#include "base/status_range.h"
#include "base/units.h"
#include "upstream/fetch/fetch.h"

namespace outrigger::adapters {
namespace {

class HttpProbe final : public Probe {
 public:
  HttpProbe(const Check& check, const AdapterServices& services) : check_(check), services_(services) {}

  void begin(Done done) override {
    upstream::FetchRequest request{.url = check_.http, .timeout = check_.timeout};
    fetch_ = std::make_unique<upstream::Fetch>(
        services_.loop, services_.resolver, std::move(request),
        [this, done = std::move(done)](const upstream::Fetch::Result& answer) { done(problem(answer)); });
  }

 private:
  std::string problem(const upstream::Fetch::Result& answer) const {
    if (!answer) return answer.error();
    const bool is_good = std::ranges::any_of(check_.status, [&](const std::string& text) {
      const auto range = base::parse_status_range(text);
      return range && range->includes(answer->status);
    });
    if (!is_good) return "status " + std::to_string(answer->status);
    if (answer->content.contains(check_.contains)) return "";
    return "the answer does not contain \"" + check_.contains + "\"";
  }

  const Check check_;
  AdapterServices services_;
  std::unique_ptr<upstream::Fetch> fetch_;
};

// Remembers when a line matched last.
class LogProbe final : public Probe {
 public:
  LogProbe(const Check& check, const AdapterServices& services)
      : check_(check),
        is_absent_(!check.log_absent.empty()),
        loop_(services.loop),
        pattern_(*base::Regex::compile(is_absent_ ? check.log_absent : check.log_present)),
        subscription_(services.lines, [this](const LogRecord& record) { on_line(record); }) {
    if (!is_absent_) matched_at_ = loop_.now();
  }

  void begin(Done done) override {
    const bool is_recent = matched_at_ && loop_.now() - *matched_at_ < check_.within;
    if (is_recent != is_absent_) return done("");
    done((is_absent_ ? "a line matched in the latest " : "no line matched in the latest ") +
         base::format_duration(check_.within));
  }

 private:
  void on_line(const LogRecord& record) {
    if (!check_.source.empty() && !base::matches_glob(check_.source, record.source)) return;
    if (pattern_.found_in(record.body)) matched_at_ = loop_.now();
  }

  const Check check_;
  const bool is_absent_;
  EventLoop& loop_;
  base::Regex pattern_;
  std::optional<Instant> matched_at_;
  LineBus::Subscription subscription_;
};

class ProcessProbe final : public Probe {
 public:
  explicit ProcessProbe(const Check& check) : choice_{check.process, check.pid, check.pid_file} {}
  void begin(Done done) override {
    const auto pids = find_processes(choice_);
    const bool runs = std::ranges::any_of(pids, [](int pid) { return usage_of(pid).has_value(); });
    done(runs ? "" : "no such process runs");
  }

 private:
  const ProcessChoice choice_;
};

// Asks the breaker's own metrics: they know all workers and every scope.
class BreakerProbe final : public Probe {
 public:
  explicit BreakerProbe(std::string upstream) : upstream_(std::move(upstream)) {}
  void begin(Done done) override { done(is_open() ? "the circuit breaker is open" : ""); }

 private:
  static std::string_view label(const stats::Metric& metric, std::string_view name) {
    for (const auto& [key, value] : metric.labels) {
      if (key == name) return value;
    }
    return {};
  }
  // Open, or with one per endpoint: open for all that there are.
  bool is_open() const {
    for (const stats::Metric& metric : stats::collect("outrigger_breaker_state").metrics) {
      if (label(metric, "upstream") == upstream_ && metric.value == 1) return true;
    }
    double open = 0, others = 0;
    for (const stats::Metric& metric : stats::collect("outrigger_breaker_endpoints").metrics) {
      if (label(metric, "upstream") != upstream_) continue;
      (label(metric, "state") == "open" ? open : others) += metric.value;
    }
    return open > 0 && others == 0;
  }
  const std::string upstream_;
};

}  // namespace

std::unique_ptr<Probe> make_probe(const Check& check, const AdapterServices& services) {
  if (!check.tcp.empty()) return std::make_unique<TcpProbe>(check.tcp, check.timeout, services);
  if (!check.http.empty()) return std::make_unique<HttpProbe>(check, services);
  if (!check.exec.empty()) return std::make_unique<ExecProbe>(check.exec, check.timeout, services);
  if (!check.breaker.empty()) return std::make_unique<BreakerProbe>(check.breaker);
  if (!check.log_absent.empty() || !check.log_present.empty()) return std::make_unique<LogProbe>(check, services);
  return std::make_unique<ProcessProbe>(check);
}

}  // namespace outrigger::adapters
