#include "proxy/downstream/h2_stream.h"

#include "proxy/downstream/h2_connection.h"
#include "proxy/forwarding/forward_h2.h"

namespace outrigger::proxy {

using http::h2::ErrorCode;

H2Stream::H2Stream(H2Connection& connection)
    : ServedExchange(connection.context(), *this), connection_(connection), session_(connection.session()) {
  connection_.add(*this);
}

H2Stream::~H2Stream() {
  abandon();
  connection_.remove(*this);
}

const net::Transport* H2Stream::transport() const { return &connection_.transport(); }

bool H2Stream::prepare() {
  if (!make_exchange(connection_.place(), connection_.client_certificate())) return false;
  exchange()->arena().start_small();
  trailers_.emplace(exchange()->arena());
  return true;
}

void H2Stream::drop_request_body() {
  if (body_) connection_.count_upload(-1);
  body_.reset();
}

// Trailers of a request that is answered already are read, since the table of fields goes on, and dropped.
Headers* H2Stream::trailers() {
  if (exchange() == nullptr) trailers_.emplace(spare_);
  return &*trailers_;
}

void H2Stream::on_head(const http::h2::HeadCheck& check) {
  if (!check.is_ok()) {
    const bool answers = !check.malformed;
    return refuse(connection_.peer_ip(), connection_.scheme(), check.failure, check.reason, answers);
  }
  if (const std::string_view why = connection_.refusal(); !why.empty()) {
    return refuse(connection_.peer_ip(), connection_.scheme(), Failure::overloaded, why);
  }
  if (!has_received_end()) {
    connection_.count_upload(1);
    body_.emplace(context_.loop, session_, *this, *trailers_, listener().limits.body_idle,
                  upstream::H2Body::Failures{Failure::client_gone, Failure::request_body_timeout});
    if (const auto& limit = listener().settings.max_body) body_->set_limit(limit->bytes);
  }
  if (grpc::is_call(exchange()->request())) {
    call_.emplace(context_.grpc);
    call_->begin(*exchange());
  }
  serve(connection_.peer_ip(), connection_.scheme(), body_ ? &*body_ : nullptr);
}

void H2Stream::on_data(std::string_view bytes) {
  if (body_) return body_->push(bytes);
  session_.consume_connection(bytes.size());  // of a request that is answered already
}

void H2Stream::on_end() {
  if (body_) body_->end();
}

void H2Stream::on_taken() {
  is_waiting_ = false;
  if (exchange() == nullptr) return leave();
  if (waiter_ != nullptr) std::exchange(waiter_, nullptr)->wake();
}

// Both sides are done, or the client or we have reset it.
void H2Stream::on_closed(ErrorCode) {
  if (!is_served()) return leave();
  if (!has_sent_end()) cancel(Failure::client_gone);  // else on_taken() follows, or the chain has ended
}

void H2Stream::set_interim(ActiveExchange& active, const ResponseHead& head) {
  session_.inform(*this, interim_fields(active, head));
}

void H2Stream::set_head(ActiveExchange& active, const Response& response, bool) {
  if (call_) call_->note(response.head().headers);
  head_ = response_fields(active, response);
  is_head_due_ = true;
}

void H2Stream::put(std::string_view bytes, bool ends, const Headers* trailers) {
  const bool has_trailers = ends && trailers != nullptr && !trailers->empty();
  if (call_ && has_trailers) call_->note(*trailers);
  const bool ends_with_head = is_head_due_ && ends && bytes.empty() && !has_trailers;
  if (std::exchange(is_head_due_, false)) {
    session_.respond(*this, head_, ends_with_head);
    is_head_sent_ = true;
  }
  is_waiting_ = !ends_with_head && (ends || !bytes.empty());
  if (!is_waiting_) return;
  put_ += bytes.size();
  session_.offer(*this, bytes, ends, has_trailers ? trailers : nullptr);
}

void H2Stream::put_last(std::string_view bytes) {
  last_ = bytes;
  put(last_, true, nullptr);
}

bool H2Stream::end_slow_upload() {
  if (!body_ || !body_->is_awaited()) return false;
  body_->expired();
  return true;
}

// An answer that is cut short must not look like a complete one: a reset, never the end of the stream.
void H2Stream::on_served(bool, bool) {
  if (was_cut()) session_.reset(*this, ErrorCode::internal_error);
  leave();
}

// The answer waits here until it is on its way.
void H2Stream::on_refused() {
  if (!is_waiting_ || !is_open()) return leave();
  context_.loop.set_deadline(*this, listener().limits.body_idle);
}

void H2Stream::expired() {
  session_.reset(*this, ErrorCode::cancel);
  leave();
}

void H2Stream::destroy(Failure why) {
  if (is_served()) return cancel(why);
  leave();
}

// Nothing more is to be done with it.
void H2Stream::leave() {
  Deadline::clear();
  const bool is_complete = has_sent_end() && !is_waiting_;
  if (is_complete) {
    session_.leave(*this);
  } else {
    session_.reset(*this, ErrorCode::cancel);
  }
  is_over_ = true;
  context_.loop.defer(*this);
}

void H2Stream::run_deferred() {
  if (is_over_) {
    delete this;
    return;
  }
  ServedExchange::run_deferred();
}

}  // namespace outrigger::proxy
