#include "proxy/downstream/h2_connection.h"

namespace outrigger::proxy {

namespace {

using http::h2::ErrorCode;
using http::h2::Session;
using net::IoResult;
using namespace std::chrono_literals;

constexpr int kReadsPerTurn = 16;       // of a slab each, then others get their turn
constexpr Duration kDrainPing = 1s;     // for the first GOAWAY to arrive
constexpr Duration kClosingLimit = 2s;  // for what a client still sends when all is said

std::uint64_t milliseconds(Instant now) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count());
}

Session::Options options_of(const LiveListener& listener) {
  Session::Options options;
  options.limits = head_limits(listener.settings);
  options.policy = path_policy(listener.settings);
  return options;
}

}  // namespace

void H2Connection::begin(ConnectionContext& context, ListenerPlace& place, Accepted accepted, std::string_view begun) {
  if (place.now == nullptr) return;
  auto* connection = new H2Connection(context, place, std::move(accepted));
  connection->transport_.watch().wait_readable(connection);
  if (!begun.empty()) connection->take(begun);
  connection->on_output();
  connection->read();
}

H2Connection::H2Connection(ConnectionContext& context, ListenerPlace& place, Accepted accepted)
    : ClientConnection(context),
      context_(context),
      place_(place),
      accepted_(std::move(accepted)),
      transport_(*accepted_.transport),
      limits_(place.now->limits),
      session_(*this, options_of(*place.now), milliseconds(context.loop.now())),
      output_(context.loop, transport_, limits_.body_idle, *this) {
  context_.h2.connections.add();
  context_.h2.open_connections.add(1);
}

H2Connection::~H2Connection() { context_.h2.open_connections.add(-1); }

void H2Connection::add(H2Stream& stream) {
  streams_.push_back(stream);
  ++stream_count_;
  if (waiting_ == Waiting::request) wait_for(Waiting::answers, limits_.body_idle);
  context_.h2.open_streams.add(1);
}

void H2Connection::remove(H2Stream& stream) {
  stream.ListNode<H2Stream>::unlink();
  --stream_count_;
  context_.h2.open_streams.add(-1);
  if (stream_count_ == 0 && state_ == State::open) wait();
}

// A request while the connection ends is refused: the client learns that it was not looked at and may go elsewhere.
http::h2::Stream* H2Connection::on_request() {
  if (is_refusing_ || state_ != State::open) return nullptr;
  auto stream = std::make_unique<H2Stream>(*this);
  if (stream->prepare()) return stream.release();
  drain();  // the listener is gone
  return nullptr;
}

void H2Connection::wake() {
  transport_.watch().wait_readable(this);
  if (state_ == State::closing) return drop_input();
  read();
}

void H2Connection::read() {
  Slab slab;
  slab.acquire();
  for (int i = 0; i < kReadsPerTurn && state_ == State::open; ++i) {
    const IoResult result = transport_.read({slab.data(), Slab::kSize});
    if (result.state == IoResult::State::would_block) return wait();
    if (result.state != IoResult::State::ok) return lose();
    take({slab.data(), result.bytes});
    if (uploads_ == 0) transport_.settle();
  }
  if (state_ == State::open) wait_for(Waiting::nothing, Duration::zero());  // goes on in the next turn
}

void H2Connection::take(std::string_view bytes) {
  heard_ = context_.loop.now();
  if (session_.receive(bytes, milliseconds(heard_))) return;
  if (session_.abuse()) context_.h2.count(*session_.abuse());
  context_.h2.count_end(session_.error());
  lose();
}

void H2Connection::on_written() {
  if (session_.is_over()) end_politely();
}

void H2Connection::wait() {
  if (state_ != State::open || waiting_ == Waiting::end) return;
  if (session_.is_inside_head()) {
    if (waiting_ == Waiting::head && timed_head_ == session_.heads_begun()) return;
    timed_head_ = session_.heads_begun();
    wait_for(Waiting::head, limits_.request_head);
  } else if (stream_count_ > 0) {
    if (waiting_ != Waiting::answers) wait_for(Waiting::answers, limits_.body_idle);
  } else if (waiting_ != Waiting::request) {
    wait_for(Waiting::request, limits_.keep_alive);
  }
}

void H2Connection::wait_for(Waiting what, Duration limit) {
  waiting_ = what;
  context_.loop.set_deadline(*this, limit);
}

void H2Connection::expired() {
  switch (std::exchange(waiting_, Waiting::nothing)) {
    case Waiting::nothing:
      return read();
    case Waiting::answers:
      if (context_.loop.now() - heard_ < limits_.body_idle) return wait();
      session_.ping();
      return wait_for(Waiting::pong, limits_.body_idle);
    case Waiting::pong:
      if (context_.loop.now() - heard_ < limits_.body_idle) return wait();
      return lose();
    case Waiting::end:
      if (state_ == State::closing) return close();
      if (!std::exchange(is_refusing_, true)) session_.go_away();
      return;
    case Waiting::request:
      session_.go_away();
      is_refusing_ = true;
      return;
    case Waiting::head:
      session_.go_away(ErrorCode::enhance_your_calm);
      output_.flush();
      return lose();
  }
}

// RFC 9113 section 6.8: first the client is asked to open no more streams, then, when that must have reached it, the
// last one that was accepted is named.
void H2Connection::drain() {
  if (state_ != State::open || std::exchange(is_draining_, true)) return;
  session_.announce_end();
  session_.ping();
  wait_for(Waiting::end, kDrainPing);
}

void H2Connection::on_pong() {
  if (is_draining_ && !std::exchange(is_refusing_, true)) session_.go_away();
}

// All is said. What the client still sends is dropped for a while, so that it can read what we said.
void H2Connection::end_politely() {
  if (session_.abuse()) context_.h2.count(*session_.abuse());
  if (session_.error() != ErrorCode::no_error) context_.h2.count_end(session_.error());
  streams_.for_each([](H2Stream& stream) { stream.destroy(Failure::client_gone); });
  state_ = State::closing;
  output_.stop();
  transport_.shutdown_write();
  wait_for(Waiting::end, kClosingLimit);
  drop_input();
}

void H2Connection::drop_input() {
  Slab slab;
  slab.acquire();
  for (int i = 0; i < kReadsPerTurn; ++i) {
    const IoResult result = transport_.read({slab.data(), Slab::kSize});
    if (result.state == IoResult::State::would_block) return;
    if (result.state != IoResult::State::ok) break;
  }
  close();
}

// The client is gone, or not worth a word.
void H2Connection::lose() {
  streams_.for_each([](H2Stream& stream) { stream.destroy(Failure::client_gone); });
  close();
}

void H2Connection::destroy() {
  while (!streams_.empty()) {
    H2Stream& stream = streams_.front();
    stream.destroy(Failure::draining);
    delete &stream;
  }
  close();
  delete this;
}

void H2Connection::close() {
  if (state_ == State::closed) return;
  state_ = State::closed;
  Deadline::clear();
  output_.stop();
  transport_.watch().close();
  context_.loop.defer(*this);
}

}  // namespace outrigger::proxy
