#include "server/export/exporter.h"

#include <algorithm>
#include <atomic>
#include <map>

#include "outrigger/process_log.h"
#include "server/export/sender.h"

namespace outrigger::server {
namespace {

using namespace std::chrono_literals;

constexpr Duration kBatchTime = 1s;    // between two looks at the lanes
constexpr Duration kLastLooks = 20ms;  // between two looks at what is left at the end

}  // namespace

// What lives on the thread.
class Exporter::Core {
 public:
  explicit Core(const std::string& dns_servers)
      : resolver_(loop_, dns_servers),
        tick_(loop_, [this] { look(); }),
        last_looks_(loop_, [this] { look_at_end(); }) {}

  void run() {
    look();
    loop_.run();
    abandon();
    senders_.clear();
    loop_.end_event();
  }
  // Thread: any.
  void wake() {
    if (is_woken_.exchange(true)) return;
    loop_.post([this] {
      is_woken_ = false;
      look();
    });
  }
  void finish() {
    loop_.post([this] {
      end_ = loop_.now() + kLastEffort;
      look();
      for (auto& [target, sender] : senders_) sender->hurry();
      look_at_end();
    });
  }

 private:
  void look() {
    auto queues = base::ExportLanes::instance().queues();
    std::erase_if(senders_, [&](const auto& item) { return !queues.contains(item.first) && item.second->is_idle(); });
    for (auto& [target, queue] : queues) {
      auto& sender = senders_[target];
      if (!sender) sender = std::make_unique<Sender>(loop_, resolver_, target);
      sender->send(std::move(queue));
    }
    if (!senders_.empty()) tick_.start(kBatchTime);
  }
  void look_at_end() {
    const bool is_done = std::ranges::all_of(senders_, [](const auto& item) { return item.second->is_idle(); });
    if (is_done || loop_.now() >= end_) return loop_.stop();
    for (auto& [target, sender] : senders_) sender->hurry();
    last_looks_.start(kLastLooks);
  }
  void abandon() {
    std::size_t left = 0;
    for (auto& [target, sender] : senders_) left += sender->abandon();
    if (left == 0) return;
    log(LogLevel::warn, "spans and log records were lost at the end", {{"records", left}});
  }

  EventLoop loop_;
  net::dns::Resolver resolver_;
  std::map<ExportTarget, std::unique_ptr<Sender>> senders_;
  Timer tick_, last_looks_;
  Instant end_{};
  std::atomic<bool> is_woken_{false};
};

Exporter::Exporter() {
  base::ExportLanes::instance().set_wake([this] { wake(); });
}

Exporter::~Exporter() {
  base::ExportLanes::instance().set_wake(nullptr);
  finish();
}

void Exporter::set_dns_servers(std::string servers) {
  const std::lock_guard lock(mutex_);
  dns_servers_ = std::move(servers);
}

void Exporter::wake() {
  const std::lock_guard lock(mutex_);
  if (is_finished_) return;
  if (core_) return core_->wake();
  core_ = std::make_shared<Core>(dns_servers_);
  thread_ = std::thread([core = core_] { core->run(); });
}

void Exporter::finish() {
  std::thread ending;
  {
    const std::lock_guard lock(mutex_);
    is_finished_ = true;
    if (core_) core_->finish();
    std::swap(ending, thread_);
  }
  if (ending.joinable()) ending.join();
}

}  // namespace outrigger::server
