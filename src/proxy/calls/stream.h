#pragma once

#include <optional>

#include "http/h1/head_result.h"
#include "outrigger/task.h"
#include "proxy/calls/slot.h"
#include "upstream/wire_body.h"

namespace outrigger::proxy {

// One request on one upstream connection: sends it, reads its head, and is the body of its response. The upload runs on
// its own, so an early answer, or an answer that flows while the request still does, is passed on at once.
// Lives in the exchange's arena; destroying it cancels the upload and gives connection and slot back.
class Stream final : public Body, private RootTask::Owner, private Deferred {
 public:
  Stream(ActiveExchange& exchange, upstream::Cluster& cluster, std::shared_ptr<upstream::Endpoint> endpoint,
         std::unique_ptr<upstream::Connection> connection);
  ~Stream() override;

  Arena& arena() { return exchange_.arena(); }
  upstream::Connection& connection() { return *connection_; }
  // The request counts as in flight, and the endpoint as busy, until the stream ends.
  void keep(Slot slot, upstream::Pick pick) {
    slot_ = std::move(slot);
    pick_ = std::move(pick);
  }
  bool was_reused() const { return reused_; }
  // The connection was kept, and nobody asked the kernel whether it is still quiet.
  void set_taken_unasked() { taken_unasked_at_ = exchange_.now(); }
  // The kernel took at least one byte of the request.
  bool was_sent() const { return sent_; }
  // The service sent at least one byte.
  bool was_answered() const { return answered_; }

  // co_await send_head(): the head, and the content that is already here.
  net::WriteAll send_head();
  // Goes on with the content, if there is more.
  void start_upload();
  bool is_uploading() const { return static_cast<bool>(upload_) && !upload_done_; }
  // After a 100 or silence the client may send its content (RFC 9110 section 10.1.1).
  bool waits_for_continue() const { return expects_continue_; }
  // read_head() ended because the service was silent: it is for us to ask for the content.
  bool is_continue_due() const { return continue_due_; }
  void go_on_after_continue();

  class HeadWait;
  // co_await read_head(): the next head, interim or final, into head(); or why there is none.
  HeadWait read_head();
  ResponseHead* head() { return head_; }
  // The final head is here: its content can be pulled.
  void begin_body();
  // After it, when the head switches protocols: from now on a Tunnel is the content. False when the client can't.
  bool open_tunnel();
  // In place of a request and its answer, where there is no HTTP: the tunnel alone, behind a head that says 200.
  void open_without_request();

  bool is_here() const override {
    return content_ == nullptr || (body_ && head_->framing == Framing::length &&
                                   head_->content_length <= connection_->input().unread().size());
  }
  State pull(std::string_view& bytes) override { return content_ == nullptr ? State::end : content_->pull(bytes); }
  std::uint64_t spliceable() const override { return content_ == nullptr ? 0 : content_->spliceable(); }
  State splice(int into, std::size_t most, std::size_t& taken) override { return content_->splice(into, most, taken); }
  void park(Wakeable* waiter) override { content_->park(waiter); }
  // After the end of a complete body: bytes that came with it belong to no answer, so the answer is not to be trusted.
  Failure failure() const override;
  const Headers* trailers() const override { return content_ == nullptr ? nullptr : content_->trailers(); }

 private:
  struct ContinueWait final : Deadline {
    explicit ContinueWait(Stream& owner) : owner(owner) {}
    void expired() override;
    Stream& owner;
  };

  RootTask upload(ActiveExchange& exchange);
  bool goes_on(net::IoEnd written);
  void on_root_done(std::exception_ptr failure) noexcept override;
  void run_deferred() override;
  bool can_be_reused() const;
  // One attempt at the head: true when there is a result in head_failure_.
  bool try_head();
  http::h1::HeadResult parse_strict();
  http::h1::HeadResult parse_lenient();
  // The deadline of the whole request passed: a service that has all of it is the one who is late, so that breakers and
  // gates hear of it where `request` is not longer than `backend_request`.
  Failure blame_for_expiry() const { return request_out_at_ ? Failure::upstream_timeout : Failure::request_timeout; }

  ActiveExchange& exchange_;
  upstream::Cluster& cluster_;
  std::shared_ptr<upstream::Endpoint> endpoint_;
  std::unique_ptr<upstream::Connection> connection_;
  Slot slot_;
  upstream::Pick pick_;
  ResponseHead* head_ = nullptr;
  std::size_t scanned_ = 0;
  std::optional<upstream::WireBody> body_;
  BodyPointer tunnel_;
  Body* content_ = nullptr;  // one of the two
  HeadWait* head_wait_ = nullptr;
  std::optional<Instant> request_out_at_;
  std::optional<Instant> taken_unasked_at_;
  ContinueWait continue_wait_{*this};
  std::string_view first_chunk_;
  char chunk_head_[24];
  Failure head_failure_ = Failure::none;
  Failure upload_failure_ = Failure::none;
  bool reused_;
  bool sent_ = false;
  bool answered_ = false;
  bool has_content_;
  bool expects_continue_;
  bool continue_due_ = false;
  bool upload_done_;
  bool body_begun_ = false;
  RootTask upload_;  // last: its frame refers to everything above
};

// Waits for a response head, at most `backend_request` from the last byte of the request.
class [[nodiscard]] Stream::HeadWait final : private Wakeable, private Deadline, private net::Interruptible {
 public:
  explicit HeadWait(Stream& stream) : stream_(stream) {}
  HeadWait(const HeadWait&) = delete;
  HeadWait& operator=(const HeadWait&) = delete;
  ~HeadWait();
  bool await_ready() { return stream_.try_head(); }
  void await_suspend(std::coroutine_handle<> handle);
  Failure await_resume() const { return stream_.head_failure_; }

  // The request is out: the try's deadline begins.
  void start_clock();
  void finish(Failure result);

 private:
  void wake() override;
  void expired() override { finish(Failure::upstream_timeout); }
  void interrupt() override { finish(stream_.blame_for_expiry()); }
  Stream& stream_;
  std::coroutine_handle<> handle_;
};

inline Stream::HeadWait Stream::read_head() { return HeadWait(*this); }

}  // namespace outrigger::proxy
