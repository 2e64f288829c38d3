#pragma once

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <vector>

namespace outrigger {

// Work that would hold up a worker, such as checking the hash of a password: done once, by a helper thread of the
// process, for everybody who waits for it (`co_await exchange.wait_for(job)`). Owns what it works on, since those who
// wait may leave.
class Job {
 public:
  Job() = default;
  Job(const Job&) = delete;
  Job& operator=(const Job&) = delete;
  virtual ~Job() = default;

  // Done: what run() wrote may be read. Thread: any.
  bool is_done() const { return is_done_.load(std::memory_order_acquire); }
  // Calls `wake` on the helper's thread once the job is done. False if it is done already: nobody will be called.
  bool when_done(std::function<void()> wake);
  // For the helper: runs it and wakes everybody.
  void perform() noexcept;

 protected:
  // Thread: a helper.
  virtual void run() noexcept = 0;

 private:
  std::atomic<bool> is_done_ = false;
  std::mutex mutex_;
  std::vector<std::function<void()>> waiting_;  // guarded by mutex_
};

// Hands the job to the helpers. False when 256 jobs are queued already: it will not run. Thread: any.
bool submit(std::shared_ptr<Job> job);

// Ends the helper threads; what is queued is dropped. For the end of the process, while loops still exist.
void stop_background();

}  // namespace outrigger
