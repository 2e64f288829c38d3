#pragma once

#include <coroutine>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

#include "server/worker.h"

namespace outrigger::server {

// co_await AskWorkers<T>(loop, workers, ask, limit): `ask` runs on every worker's thread between two events; gives the
// answers that came within `limit`, in any order. Fewer answers than workers: one of them is stuck.
template <typename T>
class [[nodiscard]] AskWorkers final : private Deadline {
 public:
  using Ask = std::function<T(Worker&)>;
  using Workers = std::vector<std::unique_ptr<Worker>>;

  AskWorkers(EventLoop& loop, const Workers& workers, Ask ask, Duration limit)
      : loop_(loop), missing_(workers.size()), limit_(limit), mailbox_(std::make_shared<Mailbox>(this)) {
    for (const auto& worker : workers) {
      worker->post([mailbox = mailbox_, ask, worker = worker.get(), &loop] {
        loop.post([mailbox, answer = ask(*worker)] {
          if (mailbox->owner != nullptr) mailbox->owner->take(answer);
        });
      });
    }
  }
  ~AskWorkers() { mailbox_->owner = nullptr; }
  AskWorkers(const AskWorkers&) = delete;
  AskWorkers& operator=(const AskWorkers&) = delete;

  bool await_ready() const { return missing_ == 0; }
  void await_suspend(std::coroutine_handle<> handle) {
    handle_ = handle;
    loop_.set_deadline(*this, limit_);
  }
  std::vector<T> await_resume() { return std::move(answers_); }

 private:
  struct Mailbox {
    AskWorkers* owner;  // used on the asking loop only
  };
  void take(const T& answer) {
    answers_.push_back(answer);
    if (--missing_ == 0) resume();
  }
  void expired() override { resume(); }
  void resume() {
    mailbox_->owner = nullptr;
    clear();
    std::exchange(handle_, nullptr).resume();
  }

  EventLoop& loop_;
  std::size_t missing_;
  Duration limit_;
  std::shared_ptr<Mailbox> mailbox_;
  std::vector<T> answers_;
  std::coroutine_handle<> handle_;
};

}  // namespace outrigger::server
