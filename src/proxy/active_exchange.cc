#include "proxy/active_exchange.h"

#include <algorithm>
#include <array>

#include "net/address.h"

namespace outrigger::proxy {

void ReplayBody::restart() { replaying_ = first_; }

Body::State ReplayBody::pull(std::string_view& bytes) {
  if (replaying_ != nullptr) {
    bytes = replaying_->bytes;
    replaying_ = replaying_->next;
    return State::data;
  }
  const State state = source_.pull(bytes);
  if (state != State::data) return state;
  pulled_ += bytes.size();
  if (keeping_ && !overflowed_) {
    kept_ += bytes.size();
    overflowed_ = kept_ > kWindow;
    if (!overflowed_) {
      auto* piece = arena_.make<Piece>(arena_.copy(bytes), nullptr);
      (last_ == nullptr ? first_ : last_->next) = piece;
      last_ = piece;
    }
  }
  return state;
}

ActiveExchange::ActiveExchange(EventLoop& loop, net::Transport& client, std::shared_ptr<LiveConfig> config,
                               LiveListener& listener)
    : loop_(loop), client_(client), config_(std::move(config)), live_listener_(listener), limits_(&listener.limits) {
  listener_ = listener.settings.name;
}

void ActiveExchange::begin(const net::Address& peer, std::string_view scheme, Body* body) {
  started_ = loop_.now();
  scheme_ = scheme;
  original_target_ = request_.target;
  original_authority_ = request_.authority;
  if (body != nullptr) body_ = arena_.make<ReplayBody>(arena_, *body);
  find_client(peer);
  loop_.set_deadline(*this, limits_->request);
}

// The rightmost address of X-Forwarded-For that no trusted proxy vouches for; the peer itself if it is not trusted.
void ActiveExchange::find_client(const net::Address& peer) {
  peer_ip_ = client_ip_ = arena_.copy(peer.ip());
  const auto is_trusted = [&](std::string_view ip) {
    std::array<std::byte, 16> storage;
    const auto bytes = net::ip_bytes(ip, storage);
    return !bytes.empty() &&
           std::ranges::any_of(live_listener_.trusted, [&](const Cidr& cidr) { return cidr.contains(bytes); });
  };
  trusted_ = is_trusted(peer_ip_);
  if (!trusted_) return drop_forwarded_fields();
  const Field* fields = request_.headers.begin();
  for (std::size_t i = request_.headers.size(); i-- > 0;) {
    if (fields[i].id != FieldId::x_forwarded_for) continue;
    std::string_view rest = fields[i].value;
    while (!rest.empty()) {
      const auto comma = rest.rfind(',');
      std::string_view ip = rest.substr(comma == std::string_view::npos ? 0 : comma + 1);
      rest = comma == std::string_view::npos ? std::string_view{} : rest.substr(0, comma);
      while (ip.starts_with(' ')) ip.remove_prefix(1);
      while (ip.ends_with(' ')) ip.remove_suffix(1);
      if (ip.empty()) continue;
      client_ip_ = ip;
      if (!is_trusted(ip)) return;
    }
  }
}

// What a client may claim only through a trusted proxy. Gone before any filter or route looks, so that what these
// fields say later was said by us.
void ActiveExchange::drop_forwarded_fields() {
  static constexpr FieldId kForwarded[] = {FieldId::forwarded,         FieldId::x_forwarded_for,
                                           FieldId::x_forwarded_proto, FieldId::x_forwarded_host,
                                           FieldId::x_forwarded_port,  FieldId::x_forwarded_client_cert,
                                           FieldId::x_real_ip};
  for (const FieldId id : kForwarded) request_.headers.remove(id);
}

void ActiveExchange::finish(const Outcome& outcome) {
  for (Finisher* finisher = std::exchange(finishers_, nullptr); finisher != nullptr;) {
    Finisher* next = finisher->next_finisher;
    finisher->finish(*this, outcome);
    finisher = next;
  }
}

void ActiveExchange::choose_route(const LiveRoute& route) {
  route_ = route.name;
  upstream_ = route.upstream;
  if (route.limits.request != limits_->request) loop_.set_deadline(*this, route.limits.request);
  limits_ = &route.limits;
}

void ActiveExchange::rewind_body() {
  if (body_ == nullptr) return;
  if (keep_body_) body_->keep();
  body_->restart();
}

void ActiveExchange::expired() {
  expired_ = true;
  if (wait_.current != nullptr) std::exchange(wait_.current, nullptr)->interrupt();
}

void ActiveExchange::start_sleep(Sleep& sleep, Duration duration) {
  sleep_wait_.sleep = &sleep;
  wait_.current = &sleep_wait_;
  if (!sleep_timer_) sleep_timer_ = std::make_unique<Timer>(loop_, [this] { sleep_wait_.interrupt(); });
  sleep_timer_->start(duration);
}

void ActiveExchange::stop_sleep(Sleep&) {
  sleep_wait_.sleep = nullptr;
  wait_.current = nullptr;
  sleep_timer_->stop();
}

void ActiveExchange::SleepWait::interrupt() {
  owner.wait_.current = nullptr;
  owner.sleep_timer_->stop();
  if (sleep != nullptr) std::exchange(sleep, nullptr)->done();
}

}  // namespace outrigger::proxy
