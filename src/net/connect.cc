#include "net/connect.h"

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "net/connecting.h"
#include "net/system_calls.h"

namespace outrigger::net {

namespace {

using namespace std::chrono_literals;

// RFC 8305 section 8: 250 ms recommended, never below 10 ms. Few different lengths: deadlines of each share a queue.
constexpr Duration kPauses[] = {250ms, 100ms, 50ms, 25ms, 10ms};

Duration pause_for(std::size_t addresses, Duration limit) {
  const Duration share = limit / static_cast<Duration::rep>(std::max<std::size_t>(addresses, 1));
  const auto* fits = std::ranges::find_if(kPauses, [&](Duration pause) { return pause <= share; });
  return fits == std::end(kPauses) ? kPauses[std::size(kPauses) - 1] : *fits;
}

bool is_shortage(int error) { return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM; }

}  // namespace

std::vector<Address> alternate_families(std::vector<Address> addresses) {
  if (addresses.size() < 3) return addresses;
  std::array<std::vector<Address>, 2> by_family;  // the first one's, the other
  for (const Address& address : addresses) {
    by_family[address.family() == addresses.front().family() ? 0 : 1].push_back(address);
  }
  std::vector<Address> mixed;
  for (std::size_t i = 0; mixed.size() < addresses.size(); ++i) {
    for (const auto& family : by_family) {
      if (i < family.size()) mixed.push_back(family[i]);
    }
  }
  return mixed;
}

Connect::Connect(EventLoop& loop, std::vector<Address> addresses, MakeTransport make, Duration limit, WaitSlot& slot,
                 std::string first_bytes)
    : loop_(loop),
      make_(std::move(make)),
      limit_(limit),
      slot_(slot),
      first_bytes_(std::move(first_bytes)),
      pause_(pause_for(addresses.size(), limit)),
      first_(addresses.empty() ? Address() : addresses.front()),
      left_(std::move(addresses)) {
  std::ranges::reverse(left_);
  for (Attempt& attempt : attempts_) attempt.owner = this;
  result_.failure = Failure::connect_failed;
  result_.detail = "there is no address";
}

Connect::~Connect() {
  if (handle_) slot_.current = nullptr;
}

bool Connect::await_ready() {
  try_next();
  return is_done_;
}

void Connect::await_suspend(std::coroutine_handle<> handle) {
  handle_ = handle;
  slot_.current = this;
  loop_.set_deadline(*this, limit_);
}

Connect::Attempt* Connect::free_attempt() {
  const auto found = std::ranges::find_if(attempts_, [](const Attempt& attempt) { return !attempt.transport; });
  return found == attempts_.end() ? nullptr : &*found;
}

bool Connect::is_idle() const {
  return std::ranges::none_of(attempts_, [](const Attempt& attempt) { return attempt.transport != nullptr; });
}

void Connect::try_next() {
  stagger_.clear();
  while (!left_.empty()) {
    Attempt* attempt = free_attempt();
    if (attempt == nullptr) return;  // the next one that fails makes room
    attempt->address = left_.back();
    left_.pop_back();
    if (!begin(*attempt)) continue;
    if (attempt->is_connected) return win(*attempt);
    if (!left_.empty()) loop_.set_deadline(stagger_, pause_);
    return;
  }
  if (is_idle()) finish();
}

bool Connect::begin(Attempt& attempt) {
  const Connecting begun = start_connect(attempt.address);
  if (begun.fd < 0) {
    fail(attempt.address, is_shortage(begun.error) ? Failure::overloaded : Failure::connect_failed,
         std::strerror(begun.error));
    return false;
  }
  attempt.transport = make_(begun.fd);
  attempt.is_connected = !begun.in_progress;
  if (begun.in_progress) attempt.transport->watch().wait_writable(&attempt);
  return true;
}

void Connect::on_event(Attempt& attempt) {
  if (attempt.is_connected) return shake_hands(attempt);
  const int error = connect_error(attempt.transport->fd(), attempt.address);
  if (error == 0) return win(attempt);
  fail(attempt.address, Failure::connect_failed, std::strerror(error));
  attempt.transport.reset();
  try_next();
}

void Connect::win(Attempt& attempt) {
  stagger_.clear();
  attempt.is_connected = true;
  for (Attempt& other : attempts_) {
    if (&other == &attempt || !other.transport) continue;
    other.transport.reset();
    left_.push_back(other.address);  // should the handshake fail
  }
  if (send_first_bytes(attempt)) shake_hands(attempt);
}

bool Connect::send_first_bytes(Attempt& attempt) {
  if (first_bytes_.empty()) return true;
  const ssize_t sent = system::send(attempt.transport->fd(), first_bytes_.data(), first_bytes_.size(), MSG_NOSIGNAL);
  if (sent == static_cast<ssize_t>(first_bytes_.size())) return true;
  fail(attempt.address, Failure::connect_failed, sent < 0 ? std::strerror(errno) : "it took no PROXY header");
  give_up(attempt);
  return false;
}

void Connect::give_up(Attempt& attempt) {
  attempt.transport.reset();
  attempt.is_connected = false;
  try_next();
}

void Connect::shake_hands(Attempt& attempt) {
  Transport& transport = *attempt.transport;
  const IoResult result = transport.shake_hands(attempt);
  if (result.state == IoResult::State::would_block) return;
  if (result.state == IoResult::State::ok) {
    result_ = {std::move(attempt.transport), Failure::none, attempt.address, {}, attempt.address == first_};
    return finish();
  }
  fail(attempt.address, transport.handshake_failure(), std::string(transport.error_text()));
  give_up(attempt);
}

void Connect::fail(const Address& address, Failure failure, const std::string& why) {
  result_.failure = failure;
  result_.detail = address.text() + ": " + why;
}

void Connect::expired() {
  const auto waits = std::ranges::find_if(attempts_, [](const Attempt& each) { return each.transport != nullptr; });
  fail(waits->address, Failure::connect_timeout, "no answer in time");
  finish();
}

void Connect::interrupt() {
  fail(first_, Failure::request_timeout, {});
  finish();
}

void Connect::finish() {
  is_done_ = true;
  stagger_.clear();
  Deadline::clear();
  for (Attempt& attempt : attempts_) attempt.transport.reset();
  if (!handle_) return;  // await_ready() tells
  slot_.current = nullptr;
  std::exchange(handle_, nullptr).resume();
}

}  // namespace outrigger::net
