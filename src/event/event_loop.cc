#include "event/event_loop.h"

#include <event2/event.h>
#include <event2/event_struct.h>
#include <event2/thread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <cstdint>
#include <utility>

namespace outrigger {

namespace {

timeval to_timeval(Duration duration) {
  if (duration < Duration::zero()) duration = Duration::zero();
  const auto microseconds = std::chrono::ceil<std::chrono::microseconds>(duration).count();
  return {static_cast<time_t>(microseconds / 1'000'000), static_cast<suseconds_t>(microseconds % 1'000'000)};
}

}  // namespace

// All deadlines of one length, soonest first by construction, and one timer for the first of them.
class DeadlineQueue {
 public:
  DeadlineQueue(EventLoop& loop, Duration length) : loop_(loop), length_(length), timer_(loop, [this] { expire(); }) {}

  void add(Deadline& deadline) {
    deadline.at_ = loop_.now() + length_;
    queue_.push_back(deadline);
    if (!armed_) arm(length_);
  }

 private:
  void arm(Duration after) {
    armed_ = true;
    timer_.start(after);
  }
  // Those that are due now; what they set anew, also of no length, waits for the next turn, behind other events.
  void expire() {
    armed_ = false;
    IntrusiveList<Deadline> due;
    while (!queue_.empty() && queue_.front().at_ <= loop_.now()) due.push_back(queue_.front());
    while (!due.empty()) {
      Deadline& deadline = due.front();
      deadline.clear();
      deadline.expired();
    }
    if (!queue_.empty() && !armed_) arm(queue_.front().at_ - loop_.now());
  }

  EventLoop& loop_;
  Duration length_;
  Timer timer_;
  bool armed_ = false;
  IntrusiveList<Deadline> queue_;
};

EventLoop::EventLoop() {
  event_config* config = event_config_new();
  event_config_set_flag(config, EVENT_BASE_FLAG_NOLOCK);  // and not PRECISE_TIMER: two timerfd calls a turn
  base_ = event_base_new_with_config(config);
  event_config_free(config);
  wakeup_fd_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  wakeup_ = event_new(base_, wakeup_fd_, EV_READ | EV_PERSIST, &EventLoop::on_wakeup, this);
  event_add(wakeup_, nullptr);
  begin_turn();
}

EventLoop::~EventLoop() {
  queues_.clear();
  event_free(wakeup_);
  ::close(wakeup_fd_);
  event_base_free(base_);
}

void EventLoop::begin_turn() {
  in_turn_ = true;
  knows_wall_time_ = false;
  now_ = std::chrono::steady_clock::now();
}

WallTime EventLoop::wall_now() {
  if (!std::exchange(knows_wall_time_, true)) wall_now_ = std::chrono::system_clock::now();
  return wall_now_;
}

void EventLoop::run() {
  for (stopping_ = false; !stopping_;) {
    in_turn_ = false;
    event_base_loop(base_, EVLOOP_ONCE | EVLOOP_NO_EXIT_ON_EMPTY);
    end_turn();
  }
}

void EventLoop::stop() {
  post([this] { stopping_ = true; });
}

void EventLoop::post(std::function<void()> call) {
  {
    std::lock_guard lock(mutex_);
    posted_.push_back(std::move(call));
  }
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = ::write(wakeup_fd_, &one, sizeof one);
}

void EventLoop::on_wakeup(int fd, short, void* self) {
  std::uint64_t count = 0;
  [[maybe_unused]] const auto got = ::read(fd, &count, sizeof count);
  auto& loop = *static_cast<EventLoop*>(self);
  loop.begin_event();
  loop.run_posted();
  loop.end_event();
}

void EventLoop::run_posted() {
  std::vector<std::function<void()>> calls;
  {
    std::lock_guard lock(mutex_);
    calls.swap(posted_);
  }
  for (auto& call : calls) call();
}

void EventLoop::end_event() {
  while (!deferred_.empty()) {
    Deferred& work = deferred_.front();
    work.unlink();
    work.run_deferred();
  }
}

void EventLoop::end_turn() {
  while (!at_turn_end_.empty()) {
    Deferred& work = at_turn_end_.front();
    work.unlink();
    work.run_deferred();
    end_event();
  }
}

void EventLoop::set_deadline(Deadline& deadline, Duration length) {
  for (std::size_t i = 0; i < lengths_.size(); ++i) {
    if (lengths_[i] == length) return queues_[i]->add(deadline);
  }
  lengths_.push_back(length);
  queues_.push_back(std::make_unique<DeadlineQueue>(*this, length));
  queues_.back()->add(deadline);
}

void FdWatch::wait_readable(Wakeable* waiter) {
  reader_ = waiter;
  if (waiter != nullptr) ensure_registered();
}

void FdWatch::wait_writable(Wakeable* waiter) {
  writer_ = waiter;
  if (waiter != nullptr) ensure_registered();
}

void FdWatch::ensure_registered() {
  static_assert(sizeof(event) <= sizeof event_ && alignof(event) <= alignof(void*));
  if (registered_) return;
  registered_ = true;
  event_assign(native(), loop_.base(), fd_, EV_READ | EV_WRITE | EV_CLOSED | EV_ET | EV_PERSIST, &FdWatch::on_event,
               this);
  event_add(native(), nullptr);
}

void FdWatch::close() {
  if (gone_ != nullptr) *std::exchange(gone_, nullptr) = true;
  reader_ = writer_ = nullptr;
  if (std::exchange(registered_, false)) event_del(native());
}

void FdWatch::on_event(int, short what, void* self) {
  auto& watch = *static_cast<FdWatch*>(self);
  EventLoop& loop = watch.loop_;
  bool gone = false;
  watch.gone_ = &gone;
  loop.begin_event();
  if ((what & (EV_READ | EV_CLOSED)) != 0) {
    watch.may_read_ = true;
    watch.was_short_ = false;
    watch.is_closed_ |= (what & EV_CLOSED) != 0;
  }
  if ((what & EV_READ) != 0 && watch.reader_ != nullptr) std::exchange(watch.reader_, nullptr)->wake();
  if (!gone && (what & EV_WRITE) != 0 && watch.writer_ != nullptr) std::exchange(watch.writer_, nullptr)->wake();
  if (!gone) watch.gone_ = nullptr;
  loop.end_event();
}

Timer::Timer(EventLoop& loop, std::function<void()> callback)
    : loop_(loop), callback_(std::move(callback)), event_(evtimer_new(loop.base(), &Timer::on_event, this)) {}

Timer::~Timer() { event_free(event_); }

void Timer::start(Duration after) {
  const timeval time = to_timeval(after);
  evtimer_add(event_, &time);
}

void Timer::stop() { evtimer_del(event_); }

void Timer::on_event(int, short, void* self) {
  auto& timer = *static_cast<Timer*>(self);
  EventLoop& loop = timer.loop_;
  loop.begin_event();
  timer.callback_();
  loop.end_event();
}

}  // namespace outrigger
