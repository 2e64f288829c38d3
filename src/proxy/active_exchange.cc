#include "proxy/active_exchange.h"

#include <algorithm>

#include "base/query.h"
#include "outrigger/grpc.h"
#include "outrigger/trace.h"
#include "proxy/downstream/client_address.h"
#include "proxy/forwarding/client_certificate_element.h"

namespace outrigger::proxy {

namespace {

using namespace std::chrono_literals;

constexpr Duration kGrace = 1s;              // for the filters to answer when the time is over
constexpr Duration kPerKibibyteOfBody = 1s;  // the clock stands still at most so long

}  // namespace

ActiveExchange::ActiveExchange(EventLoop& loop, AnswerWire& client, std::shared_ptr<LiveConfig> config,
                               LiveListener& listener, Owner& owner)
    : loop_(loop),
      client_(client),
      config_(std::move(config)),
      live_listener_(listener),
      owner_(owner),
      limits_(&listener.limits) {
  listener_ = listener.settings.name;
}

void ActiveExchange::begin(std::string_view peer_ip, std::string_view scheme, Body* body) {
  started_ = loop_.now();
  scheme_ = scheme;
  original_target_ = request_.target;
  original_authority_ = request_.authority;
  if (!live_listener_.hidden_parameters.empty()) [[unlikely]]
    hide_parameters();
  if (body != nullptr) body_ = arena_.make<ReplayBody>(loop_, arena_, *body);
  const ClientAddress client = find_client(peer_ip, request_.headers, live_listener_.trusted);
  peer_ip_ = peer_ip;
  client_ip_ = client.ip;
  trusted_ = client.peer_is_trusted;
  // Gone before any filter or route looks, so that what these fields say later was said by us.
  if (!trusted_) drop_claims(request_.headers);
  if (certificate_ != nullptr) {
    request_.headers.append("X-Forwarded-Client-Cert", client_certificate_element(*certificate_, arena_));
  }
  loop_.set_deadline(*this, limits_->request);
  if (request_.headers.has(FieldId::grpc_timeout)) obey_call_timeout();
}

void ActiveExchange::hide_parameters() {
  for (const std::string_view name : live_listener_.hidden_parameters) {
    original_target_ = base::with_hidden_parameter(original_target_, name, arena_);
    hidden_ = arena_.make<HiddenParameter>(name, hidden_);
  }
}

// Any length, so it has a timer of its own. A malformed one is for the service to refuse.
void ActiveExchange::obey_call_timeout() {
  if (!grpc::is_call(request_)) return;
  call_timeout_ = grpc::parse_timeout(*request_.headers.get(FieldId::grpc_timeout));
  if (!call_timeout_) return;
  call_timer_ = std::make_unique<Timer>(loop_, [this] { on_call_timeout(); });
  call_timer_->start(*call_timeout_);
}

std::optional<Duration> ActiveExchange::call_time_left() const {
  if (!call_timeout_) return std::nullopt;
  return std::max(started_ + *call_timeout_ - loop_.now(), Duration(0));
}

void ActiveExchange::on_call_timeout() {
  constexpr Duration kResolution = 1ms;
  if (const Duration left = *call_time_left(); left > 0s) return call_timer_->start(left + kResolution);
  if (!owner_.end_late_answer() && !expired_) expired();
}

namespace {

// Copies what an exchange says of its client, whose connection may end first.
Field copy_of(const Field& field, Arena& arena) {
  if (field.line.empty()) return {arena.copy(field.name), arena.copy(field.value), {}, field.id};
  const std::string_view line = arena.copy(field.line);
  const auto value = static_cast<std::size_t>(field.value.data() - field.line.data());
  return {line.substr(0, field.name.size()), line.substr(value, field.value.size()), line, field.id};
}

}  // namespace

void ActiveExchange::begin_like(const ActiveExchange& other) {
  started_ = loop_.now();
  const RequestHead& request = other.request_;
  request_.method_token = arena_.copy(request.method_token);
  request_.method = request.method;
  request_.version = request.version;
  request_.target = arena_.copy(request.target);
  request_.scheme = arena_.copy(request.scheme);
  request_.authority = arena_.copy(request.authority);
  for (const Field& field : request.headers) request_.headers.push(copy_of(field, arena_));
  original_target_ = arena_.copy(other.original_target_);
  original_authority_ = arena_.copy(other.original_authority_);
  client_ip_ = arena_.copy(other.client_ip_);
  peer_ip_ = arena_.copy(other.peer_ip_);
  request_id_ = arena_.copy(other.request_id_);
  user_ = arena_.copy(other.user_);
  for (const Claim* claim = other.claims_; claim != nullptr; claim = claim->next) {
    add_claim(arena_.copy(claim->name), arena_.copy(claim->value));
  }
  for (const PersonalField* each = other.personal_; each != nullptr; each = each->next) {
    set_personal(arena_.copy(each->name));
  }
  is_identified_ = other.is_identified_;
  for (const HiddenParameter* each = other.hidden_; each != nullptr; each = each->next) {
    hidden_ = arena_.make<HiddenParameter>(each->name, hidden_);  // the name is the configuration's
  }
  trusted_ = other.trusted_;
  if (other.journal_ != nullptr) keep_journal();
  scheme_ = other.scheme_;  // static, as the names below are the configuration's
  route_ = other.route_;
  upstream_ = other.upstream_;
  limits_ = other.limits_;
  loop_.set_deadline(*this, limits_->request);
  if (other.trace_ != nullptr) other.trace_->follow(*this);
}

void ActiveExchange::finish() {
  for (Finisher* finisher = std::exchange(finishers_, nullptr); finisher != nullptr;) {
    Finisher* next = finisher->next_finisher;
    finisher->finish(*this, outcome_);
    finisher = next;
  }
}

void ActiveExchange::choose_route(const LiveRoute& route) {
  route_ = route.name;
  upstream_ = route.upstream;
  const Duration before = std::exchange(limits_, &route.limits)->request;
  if (limits_->request != before && !expired_) loop_.set_deadline(*this, limits_->request);
}

Task<bool> ActiveExchange::inform(const ResponseHead* head) {
  if (request_.version == Version::http10) co_return true;
  set_relaying_interim(true);
  client_.set_interim(*this, *head);
  const net::IoEnd relayed = co_await Sent(client_, loop_, limits_->body_idle);
  set_relaying_interim(false);
  co_return relayed == net::IoEnd::done;
}

void ActiveExchange::rewind_body() {
  if (body_ == nullptr) return;
  if (keep_body_) body_->keep();
  body_->restart();
}

Duration ActiveExchange::time_left() const {
  if (expired_) return Duration(0);
  Duration still{};
  if (body_ != nullptr && body_->pulled() > 0) {
    const auto kibibytes = static_cast<std::int64_t>(std::min(body_->pulled() / 1024, std::uint64_t{1} << 30));
    still = std::min(body_->last_pull() - started_, kPerKibibyteOfBody * kibibytes);
  }
  const Duration limit = std::min(limits_->request, own_limit_);
  const Duration left = std::max(started_ + limit + still - loop_.now(), Duration(0));
  return call_timeout_ ? std::min(left, *call_time_left()) : left;
}

void ActiveExchange::limit_time(Duration limit) {
  if (limit >= time_left()) return;
  own_limit_ = loop_.now() - started_ + limit;
  loop_.set_deadline(*this, limit);
}

// A deadline that was put off comes in steps of a second: queues exist for few lengths only.
void ActiveExchange::expired() {
  if (expired_) return owner_.on_overdue();
  loop_.set_deadline(*this, kGrace);
  if (time_left() > 0s) return;
  expired_ = true;
  if (owner_.end_slow_upload()) return;
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

void ActiveExchange::start_wait(JobWait& wait, const std::shared_ptr<Job>& job) { job_wait_.start(loop_, wait, *job); }

void ActiveExchange::stop_wait(JobWait&) { job_wait_.stop(); }

void ActiveExchange::SleepWait::interrupt() {
  owner.wait_.current = nullptr;
  owner.sleep_timer_->stop();
  if (sleep != nullptr) std::exchange(sleep, nullptr)->done();
}

}  // namespace outrigger::proxy
