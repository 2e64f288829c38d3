#include "base/export/export_lanes.h"

#include <utility>

namespace outrigger::base {
namespace {

std::string signal_of(ExportForm form) {
  return form == ExportForm::otlp_logs || form == ExportForm::otlp_json_logs ? "logs" : "traces";
}

// "collector:4318", without what may be a secret.
std::string place_of(const std::string& url) {
  const auto scheme = url.find("://");
  const std::string rest = scheme == std::string::npos ? url : url.substr(scheme + 3);
  return rest.substr(0, rest.find_first_of("/?"));
}

stats::Counter dropped(const ExportTarget& target, const char* reason) {
  return stats::counter("outrigger_export_dropped_total", "Spans and log records that no collector got, by reason.",
                        {{"exporter", place_of(target.url)}, {"signal", signal_of(target.form)}, {"reason", reason}});
}

class Lane final : public LineLog {
 public:
  explicit Lane(ExportLanes::Opened opened) : lane_(std::move(opened.lane)), stats_(std::move(opened.stats)) {}
  ~Lane() override {
    lane_->close();
    ExportLanes::instance().wake();
  }

  char* reserve() noexcept override {
    char* const room = lane_->reserve();
    if (room == nullptr) stats_->queue_full.add();
    return room;
  }
  void commit(std::size_t size) noexcept override {
    lane_->commit(size);
    if (std::exchange(sealed_, lane_->sealed()) != lane_->sealed()) ExportLanes::instance().wake();
  }

 private:
  std::shared_ptr<LineLane> lane_;
  std::shared_ptr<const ExportStats> stats_;
  std::uint32_t sealed_ = 0;
};

}  // namespace

ExportStats::ExportStats(const ExportTarget& target)
    : sent(stats::counter("outrigger_export_sent_total", "Spans and log records that a collector took.",
                          {{"exporter", place_of(target.url)}, {"signal", signal_of(target.form)}})),
      queue_full(dropped(target, "queue_full")),
      unreachable(dropped(target, "unreachable")),
      rejected(dropped(target, "rejected")),
      shutdown(dropped(target, "shutdown")) {}

ExportLanes& ExportLanes::instance() {
  static ExportLanes& lanes = *new ExportLanes;  // outlives every static that may still hold a lane
  return lanes;
}

ExportLanes::Opened ExportLanes::open(const ExportTarget& target) {
  Opened opened;
  {
    const std::lock_guard lock(mutex_);
    ExportQueue& queue = queues_[target];
    if (!queue.stats) queue.stats = std::make_shared<const ExportStats>(target);
    queue.lanes.push_back(std::make_shared<LineLane>());
    opened = {queue.lanes.back(), queue.stats};
  }
  wake();
  return opened;
}

std::map<ExportTarget, ExportQueue> ExportLanes::queues() {
  const std::lock_guard lock(mutex_);
  for (auto& [target, queue] : queues_) {
    std::erase_if(queue.lanes, [](const auto& lane) { return lane->is_closed() && lane->peek().empty(); });
  }
  std::erase_if(queues_, [](const auto& item) { return item.second.lanes.empty(); });
  return queues_;
}

void ExportLanes::set_wake(std::function<void()> wake) {
  const std::lock_guard lock(wake_mutex_);
  wake_ = std::move(wake);
}

void ExportLanes::wake() {
  const std::lock_guard lock(wake_mutex_);
  if (wake_) wake_();
}

}  // namespace outrigger::base

namespace outrigger {

std::unique_ptr<LineLog> open_export(const ExportTarget& target) {
  return std::make_unique<base::Lane>(base::ExportLanes::instance().open(target));
}

}  // namespace outrigger
