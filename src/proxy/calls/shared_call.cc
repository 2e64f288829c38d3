#include "proxy/calls/shared_call.h"

#include "proxy/calls/tunnel.h"
#include "proxy/forwarding/forward_h2.h"
#include "proxy/forwarding/upgrade.h"
#include "proxy/forwarding/web_socket.h"

namespace outrigger::proxy {

namespace {

using http::h2::ErrorCode;
using net::IoEnd;

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
    : Call(exchange, std::move(endpoint)),
      SharedRequest(connection),
      trailers_(exchange.arena()),
      source_(exchange.request_body()),
      was_used_(connection.was_used()),
      is_web_socket_(asks_for_web_socket(exchange.request())) {}

SharedCall::~SharedCall() {
  end_upload();
  // A tunnel ends as its users like: that says nothing of the endpoint.
  if (!is_web_socket_) set_end(failure(), is_starved());
}

bool SharedCall::open() {
  if (is_web_socket_) {
    waits_for_settings_ = true;
    if (connection().knows_settings()) on_settings();
    return true;
  }
  if (!connection().open(*this, request_fields(exchange_, connection().is_tls()), !has_content_)) return false;
  start_upload();
  return true;
}

// RFC 8441 section 3: nothing is asked before the service has said whether it may be.
void SharedCall::on_settings() {
  if (!std::exchange(waits_for_settings_, false)) return;
  if (const std::string_view problem = handshake_problem(exchange_.request()); !problem.empty()) {
    break_off(Failure::bad_header, problem);
  } else if (!connection().takes_web_sockets()) {
    break_off(Failure::upgrade_failed, "the service speaks HTTP/2 and does not take WebSockets over it (RFC 8441)");
  } else if (!connection().open(*this, request_fields(exchange_, connection().is_tls(), true), false)) {
    break_off(Failure::upstream_refused, "the connection takes no more requests");
  }
}

bool SharedCall::open_tunnel() {
  const Duration idle = tunnel_idle(exchange_);
  upstream::WireBody* const client = exchange_.open_tunnel(idle);
  if (client == nullptr) return false;
  Instant& last_byte = *exchange_.arena().make<Instant>();
  client->share_idle(last_byte);
  if (body_) {
    body_->share_idle(last_byte);
    body_->set_idle(idle, Failure::tunnel_idle);
  }
  head_ = switched_head(exchange_.request(), *head_);
  source_ = client;
  start_tunnel();
  return true;
}

// A request that breaks off must not look complete: its stream is left without an end, and reset with the exchange.
RootTask SharedCall::upload(ActiveExchange& exchange) {
  Body& body = *source_;
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
    const IoEnd end = co_await Taken(*this, exchange.stall());
    if (end == IoEnd::timed_out) upload_failure_ = Failure::upstream_write_timeout;
    if (end != IoEnd::done) co_return;
  }
}

void SharedCall::on_upload_failed() {
  if (!body_ || has_received_end()) return;
  connection().session().reset(*this, ErrorCode::cancel);
  body_->fail(upload_failure_);
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
  look_for_head();
}

void SharedCall::begin_body() {
  if (has_received_end()) return;
  body_.emplace(exchange_.loop(), connection().session(), static_cast<http::h2::Stream&>(*this), trailers_,
                exchange_.limits().body_idle,
                upstream::H2Body::Failures{Failure::response_truncated, Failure::response_body_timeout});
  if (Instant* last_byte = share_idle_with_upload()) body_->share_idle(*last_byte);
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
  look_for_head();
}

bool SharedCall::is_replayable() const {
  if (broken_ == Failure::upstream_refused) return true;
  return broken_ == Failure::upstream_reset && was_used_ && interim_ == 0;
}

bool SharedCall::poll_head() {
  if (first_ == nullptr) {
    head_failure_ = broken_;
    return broken_ != Failure::none;
  }
  head_ = first_->head;
  first_ = first_->next;
  if (first_ == nullptr) last_ = nullptr;
  return true;
}

}  // namespace outrigger::proxy
