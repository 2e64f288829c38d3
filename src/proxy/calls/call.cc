#include "proxy/calls/call.h"

namespace outrigger::proxy {

namespace {

using namespace std::chrono_literals;

constexpr Duration kContinueSilence = 1s;  // then we ask the client for its content ourselves

}  // namespace

Call::Call(ActiveExchange& exchange, std::shared_ptr<upstream::Endpoint> endpoint)
    : exchange_(exchange),
      endpoint_(std::move(endpoint)),
      has_content_(exchange.request_body() != nullptr),
      expects_continue_(has_content_ && exchange.awaits_continue()),
      upload_done_(!has_content_) {}

void Call::start_upload() {
  if (!has_content_) return;
  if (expects_continue_) return exchange_.loop().set_deadline(continue_wait_, kContinueSilence);
  begin_upload();
}

void Call::start_tunnel() {
  upload_done_ = false;
  begin_upload();
}

void Call::begin_upload() {
  upload_ = upload(exchange_);
  upload_.start(*this);
}

void Call::go_on_after_continue() {
  exchange_.invite_content();
  expects_continue_ = continue_due_ = false;
  request_out_at_.reset();  // the service had its head only
  continue_wait_.clear();
  start_upload();
}

void Call::ContinueWait::expired() {
  owner.continue_due_ = true;
  if (owner.head_wait_ != nullptr) owner.head_wait_->finish(Failure::none);
}

void Call::on_root_done(std::exception_ptr failure) noexcept {
  upload_done_ = true;
  if (failure) upload_failure_ = Failure::internal;
  exchange_.loop().defer(*this);
}

// The upload ended: the try's clock starts, or whoever waits learns that the request can't be completed. A service that
// closed its reading side may still have answered, so then the head decides.
void Call::run_deferred() {
  const bool may_be_answered = upload_failure_ == Failure::none || upload_failure_ == Failure::upstream_reset;
  if (head_wait_ == nullptr) {
    if (!may_be_answered) on_upload_failed();
  } else if (may_be_answered) {
    head_wait_->start_clock();
  } else {
    head_wait_->finish(upload_failure_);
  }
}

Instant* Call::begin_sharing() {
  Instant* last_byte = exchange_.arena().make<Instant>(exchange_.now());
  exchange_.share_body_idle(*last_byte);
  return last_byte;
}

bool Call::try_head() {
  head_failure_ = Failure::none;
  if (exchange_.is_expired()) {
    head_failure_ = blame_for_expiry();
  } else if (continue_due_ || poll_head()) {
    return true;
  } else if (request_out_at_ && exchange_.now() - *request_out_at_ >= exchange_.limits().backend_request) {
    head_failure_ = Failure::upstream_timeout;
  }
  return head_failure_ != Failure::none;
}

void Call::look_for_head() {
  if (head_wait_ != nullptr) head_wait_->look();
}

void Call::HeadWait::await_suspend(std::coroutine_handle<> handle) {
  handle_ = handle;
  call_.head_wait_ = this;
  call_.exchange_.wait().current = this;
  call_.park_head(this);
  if (call_.upload_done_ || call_.expects_continue_) start_clock();
}

// Interim heads do not put the try's deadline off, or an endless row of them would.
void Call::HeadWait::start_clock() {
  if (!call_.request_out_at_) call_.request_out_at_ = call_.exchange_.now();
  if (call_.upload_done_) since_ = call_.exchange_.now();
  call_.exchange_.loop().set_deadline(*this, call_.exchange_.limits().backend_request);
}

void Call::HeadWait::wake() {
  if (call_.is_event_stale()) return finish(Failure::upstream_reset);
  look();
}

void Call::HeadWait::look() {
  if (call_.try_head()) return finish(call_.head_failure_);
  call_.park_head(this);
}

void Call::HeadWait::finish(Failure result) {
  call_.head_failure_ = result;
  if (result == Failure::upstream_timeout) call_.on_late();
  leave();
  std::exchange(handle_, nullptr).resume();
}

void Call::HeadWait::leave() {
  clear();
  if (since_) call_.exchange_.add_service_time(call_.exchange_.now() - *since_);
  call_.head_wait_ = nullptr;
  call_.exchange_.wait().current = nullptr;
  call_.park_head(nullptr);
}

}  // namespace outrigger::proxy
