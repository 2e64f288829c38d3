#include "outrigger/background.h"

#include <condition_variable>
#include <deque>
#include <thread>

namespace outrigger {

namespace {

constexpr std::size_t kThreads = 2;
constexpr std::size_t kLongestQueue = 256;

// Starts its threads with the first job.
class Helpers {
 public:
  ~Helpers() { stop(); }

  bool submit(std::shared_ptr<Job> job) {
    std::lock_guard lock(mutex_);
    if (is_stopped_ || queue_.size() >= kLongestQueue) return false;
    queue_.push_back(std::move(job));
    if (threads_.empty()) {
      for (std::size_t i = 0; i < kThreads; ++i) threads_.emplace_back([this] { work(); });
    }
    ready_.notify_one();
    return true;
  }

  void stop() {
    std::vector<std::thread> threads;
    std::deque<std::shared_ptr<Job>> dropped;
    {
      std::lock_guard lock(mutex_);
      is_stopped_ = true;
      threads.swap(threads_);
      dropped.swap(queue_);
    }
    ready_.notify_all();
    for (std::thread& thread : threads) thread.join();
  }

 private:
  void work() {
    for (;;) {
      std::shared_ptr<Job> job;
      {
        std::unique_lock lock(mutex_);
        ready_.wait(lock, [this] { return is_stopped_ || !queue_.empty(); });
        if (is_stopped_) return;
        job = std::move(queue_.front());
        queue_.pop_front();
      }
      job->perform();
    }
  }

  std::mutex mutex_;
  std::condition_variable ready_;
  bool is_stopped_ = false;                 // guarded by mutex_
  std::deque<std::shared_ptr<Job>> queue_;  // guarded by mutex_
  std::vector<std::thread> threads_;        // guarded by mutex_
};

Helpers& helpers() {
  static Helpers all;
  return all;
}

}  // namespace

bool Job::when_done(std::function<void()> wake) {
  std::lock_guard lock(mutex_);
  if (is_done()) return false;
  waiting_.push_back(std::move(wake));
  return true;
}

void Job::perform() noexcept {
  run();
  std::vector<std::function<void()>> waiting;
  {
    std::lock_guard lock(mutex_);
    is_done_.store(true, std::memory_order_release);
    waiting.swap(waiting_);
  }
  for (const auto& wake : waiting) wake();
}

bool submit(std::shared_ptr<Job> job) { return helpers().submit(std::move(job)); }

void stop_background() { helpers().stop(); }

}  // namespace outrigger
