#pragma once

#include <optional>

#include "outrigger/task.h"
#include "proxy/calls/slot.h"
#include "upstream/h2_body.h"
#include "upstream/shared/shared_connection.h"

namespace outrigger::proxy {

// One request on a connection that many share (HTTP/2): what Stream is for HTTP/1. Sends it, reads its heads, and is
// the body of its response, while the upload runs on its own. Lives in the exchange's arena; destroying it cancels what
// is not complete.
class SharedCall final : public Body, private upstream::SharedRequest, private RootTask::Owner, private Deferred {
 public:
  SharedCall(ActiveExchange& exchange, std::shared_ptr<upstream::Endpoint> endpoint,
             upstream::SharedConnection& connection);
  ~SharedCall() override;

  Arena& arena() { return exchange_.arena(); }
  // The request counts as in flight, and the endpoint as busy, until the answer ends.
  void keep(Slot slot, upstream::Pick pick) {
    slot_ = std::move(slot);
    pick_ = std::move(pick);
  }

  // Sends the head and begins with the content. False: the connection takes no more requests.
  bool open();
  // Like those of Stream.
  bool waits_for_continue() const { return expects_continue_; }
  bool is_continue_due() const { return continue_due_; }
  void go_on_after_continue();
  class HeadWait;
  HeadWait read_head();
  ResponseHead* head() { return head_; }
  // More on why read_head() failed, in the arena.
  std::string_view detail() const { return detail_; }
  // What failed may be mended by another connection: the service refused it unprocessed, or the connection had been
  // kept and ended before it said anything.
  bool is_replayable() const;

  State pull(std::string_view& bytes) override { return body_ ? body_->pull(bytes) : State::end; }
  void park(Wakeable* waiter) override { body_->park(waiter); }
  Failure failure() const override { return body_ ? body_->failure() : Failure::none; }
  const Headers* trailers() const override { return body_ ? body_->trailers() : nullptr; }

 private:
  struct ContinueWait final : Deadline {
    explicit ContinueWait(SharedCall& owner) : owner(owner) {}
    void expired() override;
    SharedCall& owner;
  };
  // A head that came and was not asked for yet.
  struct Received {
    ResponseHead* head;
    Received* next;
  };
  class Taken;

  // What the service says.
  ResponseHead* response_head() override;
  Method request_method() const override { return exchange_.request().method; }
  Headers* trailers() override { return &trailers_; }
  void on_head(const http::h2::HeadCheck& check) override;
  void on_data(std::string_view bytes) override;
  void on_end() override;
  void on_taken() override;
  void on_closed(http::h2::ErrorCode code) override;
  void on_lost(Failure failure, std::string_view why) override;

  void begin_body();
  void break_off(Failure failure, std::string_view why);
  void wake_head_wait();
  RootTask upload(ActiveExchange& exchange);
  void start_upload();
  void on_root_done(std::exception_ptr failure) noexcept override;
  void run_deferred() override;
  // True when there is a result in head_failure_.
  bool try_head();
  Failure blame_for_expiry() const { return request_out_at_ ? Failure::upstream_timeout : Failure::request_timeout; }

  ActiveExchange& exchange_;
  std::shared_ptr<upstream::Endpoint> endpoint_;
  Slot slot_;
  upstream::Pick pick_;
  ResponseHead* incoming_ = nullptr;  // is being received
  Received* first_ = nullptr;
  Received* last_ = nullptr;
  ResponseHead* head_ = nullptr;
  Headers trailers_;
  std::optional<upstream::H2Body> body_;
  HeadWait* head_wait_ = nullptr;
  Taken* taken_ = nullptr;
  std::optional<Instant> request_out_at_;
  ContinueWait continue_wait_{*this};
  Failure broken_ = Failure::none;  // before the final head
  Failure head_failure_ = Failure::none;
  Failure upload_failure_ = Failure::none;
  std::string_view detail_;
  std::uint32_t interim_ = 0;
  bool was_used_;
  bool is_final_ = false;  // the final head was received
  bool has_content_;
  bool expects_continue_;
  bool continue_due_ = false;
  bool upload_done_;
  RootTask upload_;  // last: its frame refers to everything above
};

// Waits for a response head, at most `backend_request` from the last byte of the request.
class [[nodiscard]] SharedCall::HeadWait final : private Deadline, private net::Interruptible {
 public:
  explicit HeadWait(SharedCall& call) : call_(call) {}
  HeadWait(const HeadWait&) = delete;
  HeadWait& operator=(const HeadWait&) = delete;
  ~HeadWait();
  bool await_ready() { return call_.try_head(); }
  void await_suspend(std::coroutine_handle<> handle);
  Failure await_resume() const { return call_.head_failure_; }

  // The request is out: the try's deadline begins.
  void start_clock();
  // There may be a result.
  void look();
  void finish(Failure result);

 private:
  void expired() override { finish(Failure::upstream_timeout); }
  void interrupt() override { finish(call_.blame_for_expiry()); }
  SharedCall& call_;
  std::coroutine_handle<> handle_;
};

inline SharedCall::HeadWait SharedCall::read_head() { return HeadWait(*this); }

}  // namespace outrigger::proxy
