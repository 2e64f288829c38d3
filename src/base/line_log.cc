#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <csignal>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "base/line_file.h"
#include "outrigger/line_log.h"

namespace outrigger {
namespace {

using base::LineFile;
using base::LineLane;
using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto kBatch = 50ms;     // between two batches
constexpr auto kLastEffort = 1s;  // for what is left at the end

// The thread that writes every log of the process. It sleeps while there is nothing; the first line after that wakes
// it, and then it looks every kBatch, or earlier when a chunk is full.
class LineWriter {
 public:
  static LineWriter& instance() {
    static LineWriter& writer = *new LineWriter;  // outlives every static that may still log
    return writer;
  }

  struct Opened {
    std::shared_ptr<LineFile> file;
    std::shared_ptr<LineLane> lane;
  };
  Opened open(const std::string& path) {
    const std::lock_guard lock(mutex_);
    Entry& entry = files_[path];
    if (!entry.file) entry.file = std::make_shared<LineFile>(path);
    entry.lanes.push_back(std::make_shared<LineLane>());
    changed_ = true;
    if (!thread_.joinable()) start();
    wake();
    return {entry.file, entry.lanes.back()};
  }

  void reopen() {
    const std::lock_guard lock(mutex_);
    for (auto& [path, entry] : files_) entry.file->request_reopen();
    wake();
  }

  void close() {
    std::thread ending;
    {
      const std::lock_guard lock(mutex_);
      stopping_.store(true);
      std::swap(ending, thread_);
    }
    wake();
    if (ending.joinable()) ending.join();
  }

  // A line was committed. Both sides of this handshake are sequentially consistent: either the thread sees the line
  // when it looks for the last time before it sleeps, or the line's producer sees that nobody is awake.
  void notify() {
    if (!awake_.load(std::memory_order_seq_cst) && !awake_.exchange(true, std::memory_order_seq_cst)) wake();
  }
  void wake() const {
    const std::uint64_t one = 1;
    (void)!::write(event_, &one, sizeof one);
  }

 private:
  struct Entry {
    std::shared_ptr<LineFile> file;
    std::vector<std::shared_ptr<LineLane>> lanes;
  };

  LineWriter() : event_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

  void start() {
    stopping_.store(false);
    sigset_t all;
    sigset_t before;
    sigfillset(&all);
    ::pthread_sigmask(SIG_SETMASK, &all, &before);  // signals are for the main thread
    thread_ = std::thread([this] { run(); });
    ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
  }

  void run() {
    bool more = false;
    while (!stopping_.load()) {
      wait(more ? std::optional<Clock::duration>(kBatch) : std::nullopt);
      awake_.store(false, std::memory_order_seq_cst);
      more = drain();
      if (more) awake_.store(true, std::memory_order_seq_cst);
    }
    const auto end = Clock::now() + kLastEffort;
    while (drain() && Clock::now() < end) wait(1ms);
  }

  // Until a wake-up, or until a file that was too slow takes bytes again; at most `limit`.
  void wait(std::optional<Clock::duration> limit) {
    waiting_.assign(1, {event_, POLLIN, 0});
    for (const Entry& entry : current_) {
      if (entry.file->blocked_on() >= 0) waiting_.push_back({entry.file->blocked_on(), POLLOUT, 0});
    }
    const auto milliseconds =
        limit ? static_cast<int>(std::chrono::ceil<std::chrono::milliseconds>(*limit).count()) : -1;
    ::poll(waiting_.data(), waiting_.size(), milliseconds);
    std::uint64_t count = 0;
    (void)!::read(event_, &count, sizeof count);
  }

  // Writes everything that can be written now; true if there was anything.
  bool drain() {
    refresh();
    bool any = false;
    const auto now = Clock::now();
    for (const Entry& entry : current_) any = entry.file->drain(entry.lanes, now) || any;
    return any;
  }

  // Takes over new files and lanes, lets go of those that ended. Files are written without the lock.
  void refresh() {
    const std::lock_guard lock(mutex_);
    const auto is_done = [](const auto& lane) { return lane->is_closed() && lane->peek().empty(); };
    std::size_t lanes = 0;
    for (auto& [path, entry] : files_) {
      std::erase_if(entry.lanes, is_done);
      lanes += entry.lanes.size();
    }
    std::erase_if(files_, [](const auto& item) { return item.second.lanes.empty(); });
    if (std::exchange(known_lanes_, lanes) == lanes && !changed_) return;
    changed_ = false;
    current_.clear();
    for (const auto& [path, entry] : files_) current_.push_back(entry);
  }

  const int event_;
  std::atomic<bool> awake_{false};
  std::atomic<bool> stopping_{false};

  std::mutex mutex_;
  std::map<std::string, Entry> files_;  // guarded by mutex_
  bool changed_ = false;                // guarded by mutex_: a lane came
  std::thread thread_;                  // guarded by mutex_

  std::vector<Entry> current_;  // the thread's from here on
  std::size_t known_lanes_ = 0;
  std::vector<pollfd> waiting_;
};

class Lane final : public LineLog {
 public:
  explicit Lane(LineWriter::Opened opened) : file_(std::move(opened.file)), lane_(std::move(opened.lane)) {}
  ~Lane() override {
    lane_->close();
    LineWriter::instance().wake();
  }

  char* reserve() noexcept override {
    char* room = lane_->reserve();
    if (room == nullptr) file_->stalled().add();
    return room;
  }
  void commit(std::size_t size) noexcept override {
    lane_->commit(size);
    const bool is_chunk_full = lane_->sealed() != sealed_;
    sealed_ = lane_->sealed();
    is_chunk_full ? LineWriter::instance().wake() : LineWriter::instance().notify();
  }

 private:
  std::shared_ptr<LineFile> file_;
  std::shared_ptr<LineLane> lane_;
  std::uint32_t sealed_ = 0;
};

}  // namespace

std::unique_ptr<LineLog> open_log(const std::string& path) {
  return std::make_unique<Lane>(LineWriter::instance().open(path));
}

void reopen_logs() { LineWriter::instance().reopen(); }

void close_logs() { LineWriter::instance().close(); }

}  // namespace outrigger
