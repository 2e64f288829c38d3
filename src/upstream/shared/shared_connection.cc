#include "upstream/shared/shared_connection.h"

#include "net/io.h"

namespace outrigger::upstream {

namespace {

using http::h2::ErrorCode;
using http::h2::Session;
using net::IoResult;
using namespace std::chrono_literals;

constexpr int kReadsPerTurn = 16;  // of a slab each, then others get their turn
constexpr Duration kStall = 30s;   // for the service to take a byte
constexpr Duration kRest = 5min;   // between PINGs that are all it answers

std::uint64_t milliseconds(Instant now) {
  return static_cast<std::uint64_t>(
      std::chrono::duration_cast<std::chrono::milliseconds>(now.time_since_epoch()).count());
}

std::uint32_t next_serial() {
  thread_local std::uint32_t serial = 0;
  return ++serial;
}

Session::Options client_options() {
  Session::Options options;
  options.role = Session::Role::client;
  return options;
}

}  // namespace

SharedRequest::SharedRequest(SharedConnection& connection) : connection_(connection) { connection_.add(*this); }

SharedRequest::~SharedRequest() { connection_.remove(*this); }

SharedConnection::SharedConnection(EventLoop& loop, std::unique_ptr<net::Transport> transport, SharedLimits limits,
                                   const SharedStats& stats, std::uint32_t assumed)
    : loop_(loop),
      transport_(std::move(transport)),
      limits_(limits),
      stats_(stats),
      serial_(next_serial()),
      session_(*this, client_options(), milliseconds(loop.now())),
      most_requests_(assumed),
      output_(loop, *transport_, kStall, *this),
      is_tls_(transport_->is_tls()) {
  stats_.connections_open.add(1);
}

SharedConnection::~SharedConnection() { stats_.connections_open.add(-1); }

void SharedConnection::begin() {
  transport_->watch().wait_readable(this);
  on_output();
  wait();
  read();
}

void SharedConnection::add(SharedRequest& request) {
  open_.push_back(request);
  stats_.streams_open.add(1);
  if (++requests_ == 1) wait();
}

void SharedConnection::remove(SharedRequest& request) {
  request.ListNode<SharedRequest>::unlink();
  stats_.streams_open.add(-1);
  if (--requests_ > 0) return;
  if (state_ == State::closed) return loop_.defer(*this);
  if (state_ == State::leaving) return output_.note();  // not here: its stream's reset comes after this
  wait();
}

bool SharedConnection::open(SharedRequest& request, std::span<const http::h2::OutField> fields, bool ends) {
  if (state_ != State::open || !session_.request(request, fields, ends)) return false;
  was_used_ = true;
  return true;
}

void SharedConnection::on_goaway(ErrorCode code) {
  stats_.count_goaway(code);
  if (state_ == State::open) state_ = State::leaving;
  ListNode<SharedConnection>::unlink();
}

void SharedConnection::on_settings() {
  most_requests_ = std::min(kMostRequests, session_.peer_max_streams());
  knows_settings_ = true;
  open_.for_each([](SharedRequest& request) { request.on_settings(); });
}

void SharedConnection::on_pong() {
  answered_ = loop_.now();
  is_doubted_ = false;
  if (waiting_ == Waiting::pong) wait();
}

void SharedConnection::wake() {
  transport_->watch().wait_readable(this);
  read();
}

void SharedConnection::read() {
  Slab slab;
  slab.acquire();
  for (int i = 0; i < kReadsPerTurn && state_ != State::closed; ++i) {
    const IoResult result = transport_->read({slab.data(), Slab::kSize});
    if (result.state == IoResult::State::would_block) return;
    if (result.state != IoResult::State::ok) return lose(Failure::upstream_reset, "the endpoint closed the connection");
    take({slab.data(), result.bytes});
    if (requests_ == 0 && transport_) transport_->settle();
  }
  if (state_ != State::closed) loop_.set_deadline(reader_, Duration::zero());
}

void SharedConnection::take(std::string_view bytes) {
  heard_ = loop_.now();
  is_receiving_ = true;
  const bool goes_on = session_.receive(bytes, milliseconds(heard_));
  is_receiving_ = false;
  if (!goes_on) {
    count_end();
    return lose(Failure::upstream_bad_response, reason());
  }
  if (is_done()) output_.flush();
}

// Once nobody needs the connection the service is told. Not before: some answer nothing once they have read it.
std::size_t SharedConnection::gather(std::span<char> room) {
  if (is_done() && !std::exchange(said_goodbye_, true)) session_.go_away();
  return session_.gather(room);
}

// What is over closes.
void SharedConnection::on_written() {
  if (said_goodbye_) return lose(Failure::upstream_reset, "it was ended");
  if (!session_.is_over()) return;
  if (session_.error() == ErrorCode::no_error) {
    return lose(Failure::upstream_reset, "the endpoint ended the connection");
  }
  count_end();
  lose(Failure::upstream_bad_response, reason());
}

void SharedConnection::on_write_failed(net::IoEnd why) {
  if (why == net::IoEnd::timed_out) return lose(Failure::upstream_write_timeout, "the endpoint stopped reading");
  lose(Failure::upstream_reset, "the endpoint closed the connection");
}

// Why the connection can't go on; never empty.
std::string_view SharedConnection::reason() const {
  return session_.error_text().empty() ? http::h2::error_name(session_.error()) : session_.error_text();
}

void SharedConnection::count_end() {
  if (session_.abuse()) stats_.count(*session_.abuse());
  if (session_.error() != ErrorCode::no_error) stats_.count_error(session_.error());
}

void SharedConnection::ask() {
  session_.ping();
  asked_ = loop_.now();
  wait_for(Waiting::pong, limits_.ping);
}

void SharedConnection::doubt() {
  if (state_ == State::closed || std::exchange(is_doubted_, true) || waiting_ == Waiting::pong) return;
  ask();
}

void SharedConnection::wait() {
  if (state_ == State::closed || is_doubted_) return;
  wait_for(requests_ == 0 ? Waiting::idle : Waiting::silence, requests_ == 0 ? limits_.idle : limits_.ping);
}

void SharedConnection::wait_for(Waiting what, Duration limit) {
  waiting_ = what;
  loop_.set_deadline(*this, limit);
}

void SharedConnection::expired() {
  const Instant now = loop_.now();
  switch (waiting_) {
    case Waiting::idle:
      return retire();
    case Waiting::silence: {
      const bool rests = heard_ == answered_ && now - answered_ < kRest;
      if (rests) return wait();
      if (now - heard_ < limits_.ping) return wait_for(Waiting::silence, limits_.ping - (now - heard_));
      return ask();
    }
    case Waiting::pong:
      if (heard_ < asked_) {
        stats_.pings_unanswered.add();
        return lose(Failure::upstream_timeout, "a PING was not answered");
      }
      is_doubted_ = false;
      return wait();
  }
}

void SharedConnection::retire() {
  if (state_ == State::closed) return;
  state_ = State::leaving;
  ListNode<SharedConnection>::unlink();
  if (requests_ == 0) is_receiving_ ? output_.note() : output_.flush();
}

void SharedConnection::lose(Failure failure, std::string_view why) {
  if (state_ == State::closed) return;
  state_ = State::closed;
  ListNode<SharedConnection>::unlink();
  Deadline::clear();
  reader_.clear();
  output_.stop();
  transport_.reset();
  if (requests_ == 0) return loop_.defer(*this);
  while (!open_.empty()) {
    SharedRequest& request = open_.front();
    request.ListNode<SharedRequest>::unlink();
    request.on_lost(failure, why);
  }
}

}  // namespace outrigger::upstream
