#pragma once

#include <memory>
#include <optional>

#include "outrigger/task.h"
#include "proxy/calls/slot.h"

namespace outrigger::proxy {

// One request at a service, whatever it speaks: what Stream (HTTP/1) and SharedCall (HTTP/2) have in common. Each is
// the body of its response. The upload runs on its own, so an early answer, or an answer that flows while the request
// still does, is passed on at once. Lives in the exchange's arena; destroying it cancels what is not complete.
class Call : public Body, private RootTask::Owner, private Deferred {
 public:
  Arena& arena() { return exchange_.arena(); }
  // The request counts as in flight, and the endpoint as busy, until the call ends.
  void keep(Slot slot, upstream::Pick pick) {
    slot_ = std::move(slot);
    pick_ = std::move(pick);
  }

  class HeadWait;
  // co_await read_head(): the next head, interim or final, into head(); or why there is none.
  HeadWait read_head();
  ResponseHead* head() { return head_; }
  // After a 100 or silence the client may send its content (RFC 9110 section 10.1.1).
  bool waits_for_continue() const { return expects_continue_; }
  // read_head() ended because the service was silent: it is for us to ask for the content.
  bool is_continue_due() const { return continue_due_; }
  void go_on_after_continue();

 protected:
  Call(ActiveExchange& exchange, std::shared_ptr<upstream::Endpoint> endpoint);
  ~Call() override = default;

  // Begins with the content, if there is any, unless the service is to ask for it.
  void start_upload();
  // What the client sends from now on, after the final head.
  void start_tunnel();
  // First in a destructor: the task refers to all that the call is.
  void end_upload() { upload_.reset(); }
  // The answer's content begins. Null where the request is complete; else when a byte last came in any direction: while
  // one flows the other may rest, as calls of gRPC do that stream both ways.
  Instant* share_idle_with_upload() { return upload_done_ ? nullptr : begin_sharing(); }
  // The final head, or what came instead of it, may be here.
  void look_for_head();
  // How the answer's content ended, for the gates.
  void set_end(Failure cut, bool is_starved) { pick_.set_end(cut, is_starved); }

  ActiveExchange& exchange_;
  std::shared_ptr<upstream::Endpoint> endpoint_;
  ResponseHead* head_ = nullptr;
  Failure head_failure_ = Failure::none;
  Failure upload_failure_ = Failure::none;
  bool has_content_;
  bool expects_continue_;
  bool upload_done_;

 private:
  // What the wire does.
  //
  // Sends the content; sets upload_failure_ where it can't.
  virtual RootTask upload(ActiveExchange& exchange) = 0;
  // It failed while nobody waits for a head: an answer that still flows must not look as if the service had had all of
  // the request.
  virtual void on_upload_failed() = 0;
  // True when the next head is in head_, or head_failure_ says why there is none.
  virtual bool poll_head() = 0;
  // poll_head() said no: wakes `waiter` once when it may say otherwise; null unparks.
  virtual void park_head(Wakeable* waiter) = 0;
  // What an event that comes now tells of was there before the request.
  virtual bool is_event_stale() const { return false; }
  // The service did not answer in time.
  virtual void on_late() {}

  struct ContinueWait final : Deadline {
    explicit ContinueWait(Call& owner) : owner(owner) {}
    void expired() override;
    Call& owner;
  };
  void begin_upload();
  Instant* begin_sharing();
  void on_root_done(std::exception_ptr failure) noexcept override;
  void run_deferred() override;
  // One attempt at the head: true when there is a result in head_failure_.
  bool try_head();
  // The deadline of the whole request passed: a service that has all of it is the one who is late, so that breakers and
  // gates hear of it where `request` is not longer than `backend_request`.
  Failure blame_for_expiry() const { return request_out_at_ ? Failure::upstream_timeout : Failure::request_timeout; }

  Slot slot_;
  upstream::Pick pick_;
  HeadWait* head_wait_ = nullptr;
  std::optional<Instant> request_out_at_;
  ContinueWait continue_wait_{*this};
  bool continue_due_ = false;
  RootTask upload_;
};

// Waits for a response head, at most `backend_request` from the last byte of the request.
class [[nodiscard]] Call::HeadWait final : private Wakeable, private Deadline, private net::Interruptible {
 public:
  explicit HeadWait(Call& call) : call_(call) {}
  HeadWait(const HeadWait&) = delete;
  HeadWait& operator=(const HeadWait&) = delete;
  ~HeadWait() {
    if (handle_) leave();
  }
  bool await_ready() { return call_.try_head(); }
  void await_suspend(std::coroutine_handle<> handle);
  Failure await_resume() const { return call_.head_failure_; }

  // The request is out: the try's deadline begins.
  void start_clock();
  // There may be a result.
  void look();
  void finish(Failure result);

 private:
  void wake() override;
  void expired() override { finish(Failure::upstream_timeout); }
  void interrupt() override { finish(call_.blame_for_expiry()); }
  void leave();
  Call& call_;
  std::optional<Instant> since_;  // the service has the whole request
  std::coroutine_handle<> handle_;
};

inline Call::HeadWait Call::read_head() { return HeadWait(*this); }

}  // namespace outrigger::proxy
