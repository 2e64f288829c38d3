#include "proxy/calls/shared_call.h"

#include "proxy/forwarding/forward_h2.h"

namespace outrigger::proxy {

namespace {

using http::h2::ErrorCode;
using net::IoEnd;
using namespace std::chrono_literals;

constexpr Duration kContinueSilence = 1s;   // then we ask the client for its content ourselves
constexpr std::uint32_t kMostInterim = 32;  // heads before the final one

std::string_view refusal_text(Arena& arena, ErrorCode code) {
  return arena.concat("RST_STREAM with ", http::h2::error_name(code));
}

}  // namespace

// Waits until the connection took all that was offered; `stall` bounds the time between two bytes.
class [[nodiscard]] SharedCall::Taken final : private Deadline {
 public:
  Taken(SharedCall& call, Duration stall) : call_(call), stall_(stall) {}
  Taken(const Taken&) = delete;
  Taken& operator=(const Taken&) = delete;
  ~Taken() {
    if (handle_) call_.taken_ = nullptr;
  }
  bool await_ready() const { return !call_.is_open(); }
  void await_suspend(std::coroutine_handle<> handle) {
    handle_ = handle;
    call_.taken_ = this;
    left_ = call_.offered();
    call_.exchange_.loop().set_deadline(*this, stall_);
  }
  // `failed`: the stream is over.
  IoEnd await_resume() const { return end_; }
  void finish(IoEnd end) {
    end_ = end;
    clear();
    call_.taken_ = nullptr;
    std::exchange(handle_, nullptr).resume();
  }

 private:
  void expired() override {
    if (std::exchange(left_, call_.offered()) == call_.offered()) return finish(IoEnd::timed_out);
    call_.exchange_.loop().set_deadline(*this, stall_);
  }
  SharedCall& call_;
  Duration stall_;
  std::size_t left_ = 0;
  std::coroutine_handle<> handle_;
  IoEnd end_ = IoEnd::failed;
};

SharedCall::SharedCall(ActiveExchange& exchange, std::shared_ptr<upstream::Endpoint> endpoint,
                       upstream::SharedConnection& connection)
    : SharedRequest(connection),
      exchange_(exchange),
      endpoint_(std::move(endpoint)),
      trailers_(exchange.arena()),
      was_used_(connection.was_used()),
      has_content_(exchange.request_body() != nullptr),
      expects_continue_(has_content_ && exchange.awaits_continue()),
      upload_done_(!has_content_) {}

SharedCall::~SharedCall() {
  upload_.reset();
  if (pick_) pick_.set_cut(failure());
}

bool SharedCall::open() {
  if (!connection().open(*this, request_fields(exchange_, connection().is_tls()), !has_content_)) return false;
  if (!has_content_) return true;
  if (expects_continue_) {
    exchange_.loop().set_deadline(continue_wait_, kContinueSilence);
  } else {
    start_upload();
  }
  return true;
}

void SharedCall::start_upload() {
  upload_ = upload(exchange_);
  upload_.start(*this);
}

void SharedCall::go_on_after_continue() {
  exchange_.invite_content();
  expects_continue_ = continue_due_ = false;
  continue_wait_.clear();
  start_upload();
}

void SharedCall::ContinueWait::expired() {
  owner.continue_due_ = true;
  if (owner.head_wait_ != nullptr) owner.head_wait_->finish(Failure::none);
}

// A request that breaks off must not look complete: its stream is left without an end, and reset with the exchange.
RootTask SharedCall::upload(ActiveExchange& exchange) {
  Body& body = *exchange.request_body();
  for (bool ends = false; !ends;) {
    const Body::Chunk chunk = co_await body.read();
    if (chunk.state == State::failed) {
      upload_failure_ = body.failure();
      co_return;
    }
    ends = chunk.state == State::end;
    if (!is_open()) co_return;
    connection().session().offer(*this, ends ? std::string_view{} : chunk.bytes, ends,
                                 ends ? body.trailers() : nullptr);
    const IoEnd end = co_await Taken(*this, exchange.limits().body_idle);
    if (end == IoEnd::timed_out) upload_failure_ = Failure::upstream_write_timeout;
    if (end != IoEnd::done) co_return;
  }
}

void SharedCall::on_root_done(std::exception_ptr failure) noexcept {
  upload_done_ = true;
  if (failure) upload_failure_ = Failure::internal;
  exchange_.loop().defer(*this);
}

// The upload ended: the try's clock starts, or whoever waits learns that the request can't be completed.
void SharedCall::run_deferred() {
  if (upload_failure_ == Failure::none) {
    if (head_wait_ != nullptr) head_wait_->start_clock();
    return;
  }
  if (head_wait_ != nullptr) return head_wait_->finish(upload_failure_);
  if (upload_failure_ == Failure::upstream_write_timeout && body_ && !has_received_end()) {
    connection().session().reset(*this, ErrorCode::cancel);
    body_->fail(upload_failure_);
  }
}

ResponseHead* SharedCall::response_head() {
  return incoming_ = exchange_.arena().make<ResponseHead>(exchange_.arena());
}

void SharedCall::on_head(const http::h2::HeadCheck& check) {
  if (!check.is_ok()) return break_off(check.failure, check.reason);
  is_final_ = incoming_->status >= 200;
  if (!is_final_ && ++interim_ > kMostInterim) {
    connection().session().reset(*this, ErrorCode::enhance_your_calm);
    return break_off(Failure::upstream_bad_response, "too many interim responses");
  }
  auto* received = exchange_.arena().make<Received>(incoming_, nullptr);
  (last_ == nullptr ? first_ : last_->next) = received;
  last_ = received;
  if (is_final_) begin_body();
  wake_head_wait();
}

void SharedCall::begin_body() {
  if (has_received_end()) return;
  body_.emplace(exchange_.loop(), connection().session(), static_cast<http::h2::Stream&>(*this), trailers_,
                exchange_.limits().body_idle,
                upstream::H2Body::Failures{Failure::response_truncated, Failure::response_body_timeout});
}

void SharedCall::on_data(std::string_view bytes) {
  if (body_) return body_->push(bytes);
  connection().session().consume_connection(bytes.size());
}

void SharedCall::on_end() {
  if (body_) body_->end();
}

void SharedCall::on_taken() {
  if (taken_ != nullptr) taken_->finish(IoEnd::done);
}

// An answer that is complete stays so, whatever becomes of the rest of the request (RFC 9113 section 8.1).
void SharedCall::on_closed(ErrorCode code) {
  if (code != ErrorCode::no_error) connection().stats().count_reset_by_service(code);
  const bool is_refused = code == ErrorCode::refused_stream && !is_final_ && interim_ == 0;
  if (!has_received_end()) {
    break_off(is_refused ? Failure::upstream_refused : Failure::upstream_reset, refusal_text(exchange_.arena(), code));
  } else if (taken_ != nullptr) {
    taken_->finish(IoEnd::failed);
  }
}

void SharedCall::on_lost(Failure failure, std::string_view why) {
  if (!has_received_end()) {
    break_off(failure, exchange_.arena().copy(why));
  } else if (taken_ != nullptr) {
    taken_->finish(IoEnd::failed);
  }
}

// The stream is over before the answer was complete. This may be gone afterwards.
void SharedCall::break_off(Failure failure, std::string_view why) {
  detail_ = why;
  if (is_final_) {
    if (failure == Failure::upstream_timeout) return body_->fail(Failure::response_body_timeout);
    return body_->truncate();
  }
  broken_ = failure;
  wake_head_wait();
}

void SharedCall::wake_head_wait() {
  if (head_wait_ != nullptr) head_wait_->look();
}

bool SharedCall::is_replayable() const {
  if (broken_ == Failure::upstream_refused) return true;
  return broken_ == Failure::upstream_reset && was_used_ && interim_ == 0;
}

bool SharedCall::try_head() {
  head_failure_ = Failure::none;
  if (exchange_.is_expired()) {
    head_failure_ = blame_for_expiry();
  } else if (continue_due_) {
    return true;
  } else if (first_ != nullptr) {
    head_ = first_->head;
    first_ = first_->next;
    if (first_ == nullptr) last_ = nullptr;
    return true;
  } else if (broken_ != Failure::none) {
    head_failure_ = broken_;
  } else if (request_out_at_ && exchange_.now() - *request_out_at_ >= exchange_.limits().backend_request) {
    head_failure_ = Failure::upstream_timeout;
  }
  return head_failure_ != Failure::none;
}

SharedCall::HeadWait::~HeadWait() {
  if (!handle_) return;
  call_.head_wait_ = nullptr;
  call_.exchange_.wait().current = nullptr;
}

void SharedCall::HeadWait::await_suspend(std::coroutine_handle<> handle) {
  handle_ = handle;
  call_.head_wait_ = this;
  call_.exchange_.wait().current = this;
  if (call_.upload_done_ || call_.expects_continue_) start_clock();
}

// Interim heads do not put the try's deadline off, or an endless row of them would.
void SharedCall::HeadWait::start_clock() {
  if (!call_.request_out_at_) call_.request_out_at_ = call_.exchange_.now();
  call_.exchange_.loop().set_deadline(*this, call_.exchange_.limits().backend_request);
}

void SharedCall::HeadWait::look() {
  if (call_.try_head()) finish(call_.head_failure_);
}

void SharedCall::HeadWait::finish(Failure result) {
  call_.head_failure_ = result;
  if (result == Failure::upstream_timeout) call_.connection().doubt();
  clear();
  call_.head_wait_ = nullptr;
  call_.exchange_.wait().current = nullptr;
  std::exchange(handle_, nullptr).resume();
}

}  // namespace outrigger::proxy
