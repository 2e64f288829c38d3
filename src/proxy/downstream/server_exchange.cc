// ServerConnection: one exchange, from its head to the last byte of the answer.
#include "proxy/downstream/server_connection.h"

namespace outrigger::proxy {

using net::IoResult;
using namespace std::chrono_literals;

namespace {

constexpr Duration kUnwatched = 20ms;

}  // namespace

ServerConnection::RequestBody::RequestBody(ServerConnection& owner, http::h1::BodyDecoder decoder, Duration idle,
                                           Failure stalled)
    : WireBody(owner.context_.loop, *owner.transport_, owner.input_, decoder, idle,
               Failures{Failure::client_gone, Failure::bad_chunk, stalled}) {}

void ServerConnection::begin_exchange() {
  Deadline::clear();
  answer_.reset();
  deadline_is_head_ = is_tunnel_ = is_new_ = false;
  state_ = State::running;
}

void ServerConnection::start_exchange() {
  ActiveExchange& active = *exchange();
  const RequestHead& head = active.request();
  body_ = nullptr;
  if (head.framing != Framing::none) {
    body_ = active.arena().make<RequestBody>(
        *this, http::h1::BodyDecoder(head.framing, head.content_length, &active.arena()), listener().limits.body_idle);
    if (listener().settings.max_body) body_->set_limit(listener().settings.max_body->bytes);
  }
  begin_exchange();
  watch_client();
  serve(peer_ip_, scheme(), body_);
  const bool is_done = Deferred::is_linked();
  // No later event tells of a close that came with the request, or of what TLS has read ahead.
  if (!is_done && (transport_->watch().is_peer_closed() || transport_->has_pending())) check_abort();
}

// Hears of a client that leaves. A connection's first request is mostly answered before it pays to register: one that
// ends with it never asks for an event.
void ServerConnection::watch_client() {
  if (transport_->watch().is_registered() || body_ != nullptr) return transport_->watch().wait_readable(this);
  context_.loop.set_deadline(*this, kUnwatched);
}

// After such bytes nobody knows where the next request begins. `reason` is static text, or empty.
void ServerConnection::reject(Failure failure, std::string_view reason) {
  if (exchange() == nullptr && !make_exchange(place_, transport_->client_certificate())) return close();
  body_ = nullptr;
  begin_exchange();
  refuse(peer_ip_, scheme(), failure, reason);
}

// What came behind the request belongs to the tunnel.
upstream::WireBody* ServerConnection::open_tunnel(Duration idle) {
  Arena& arena = exchange()->arena();
  is_tunnel_ = true;
  body_ = arena.make<RequestBody>(*this, http::h1::BodyDecoder(Framing::until_close, 0, &arena), idle,
                                  Failure::tunnel_idle);
  transport_->watch().wait_readable(this);
  return body_;
}

// Takes what is already here, so that a small unread body does not cost the connection.
bool ServerConnection::is_request_complete() {
  if (body_ == nullptr) return true;
  std::string_view ignored;
  for (int i = 0; i < 4 && !body_->is_complete(); ++i) {
    if (body_->pull(ignored) != Body::State::data) break;
  }
  return body_->is_complete();
}

// Readable while nobody reads: a close, or the next request coming early (which stays in the buffer).
void ServerConnection::check_abort() {
  if (is_tunnel_) {  // where the end of one direction is not that of the other
    if (transport_->peer_end() == net::PeerEnd::both) cancel(Failure::client_gone);
    return;
  }
  const bool body_is_open = body_ != nullptr && !body_->is_complete();
  if (!body_is_open && !read_ahead()) return cancel(Failure::client_gone);
  if (!body_is_open && !input_.is_full()) return;
  // What waits in the kernel hides a close from those who read.
  using net::PeerEnd;
  const PeerEnd end = transport_->peer_end();
  const bool half_is_enough = listener().settings.half_close == config::HalfClose::cancel;
  if (end == PeerEnd::both || (end == PeerEnd::sending && half_is_enough)) cancel(Failure::client_gone);
}

// Reads until there is no more, or no room: one event may stand for data and the close behind it. False when the client
// has left.
bool ServerConnection::read_ahead() {
  while (!input_.is_full()) {
    const IoResult result = input_.fill_head(*transport_);
    if (result.state == IoResult::State::ok) continue;
    if (result.state == IoResult::State::would_block) return true;
    return result.state == IoResult::State::eof && listener().settings.half_close == config::HalfClose::keep;
  }
  return true;
}

bool ServerConnection::end_slow_upload() {
  if (body_ == nullptr || !body_->is_awaited()) return false;
  body_->give_up();
  return true;
}

void ServerConnection::drop_request_body() {
  if (body_ != nullptr) body_->~RequestBody();
  body_ = nullptr;
}

void ServerConnection::run_deferred() {
  if (state_ == State::closed) {
    delete this;
    return;
  }
  ServedExchange::run_deferred();
}

// A client that said close, and has sent all it had, sends nothing more: then there is nothing to linger for.
void ServerConnection::on_served(bool is_complete, bool client_closes) {
  if (was_cut()) return close();
  if (answer_.keeps_alive() && is_complete && !context_.draining) return next_request();
  if (!client_closes || !input_.unread().empty()) return linger();
  if (transport_->is_tls()) transport_->shutdown_write();
  close();
}

}  // namespace outrigger::proxy
