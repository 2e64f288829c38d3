#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <optional>

#include "base/pooled.h"
#include "event/event_loop.h"
#include "net/io.h"
#include "outrigger/exchange.h"
#include "proxy/calls/replay_body.h"
#include "proxy/downstream/answer_wire.h"
#include "proxy/live.h"
#include "proxy/wait_for_job.h"
#include "upstream/wire_body.h"

namespace outrigger::proxy {

// The exchange as the proxy sees it: deadlines, the client's connection, the route.
//
// The clock of `timeouts.request` runs from begin() to stop_clock() and stands still while the request body moves, but
// no longer than a body of 1 KiB a second would need: what trickles in uses up its time. When it has run out, the
// innermost wait ends with request_timeout, so that the outer filters still answer; what has not answered a second
// later is dropped by the owner. A call of gRPC brings a deadline of its own (grpc-timeout), which holds for all of it,
// the answer's content included.
class ActiveExchange final : public Exchange, public Pooled<ActiveExchange>, private Deadline {
 public:
  // Who runs it. Called from the loop, not from inside the exchange.
  class Owner {
   public:
    // The time is over. If the exchange waits for the client to go on with its body, ends that wait and says true.
    virtual bool end_slow_upload() = 0;
    // The service has switched protocols: what the client sends from now on. Null: this client can't.
    virtual upstream::WireBody* open_tunnel(Duration) { return nullptr; }
    // What the client still sends may rest while bytes come the other way; `last_byte` is when any came.
    virtual void share_body_idle(Instant&) {}
    // Exchange::detach.
    virtual bool detach(const ActiveExchange&, std::unique_ptr<Detached>) { return false; }
    // A second later there is still no answer.
    virtual void on_overdue() = 0;
    // The call's own deadline passed. True when an answer is on its way: it is ended.
    virtual bool end_late_answer() { return false; }

   protected:
    ~Owner() = default;
  };

  ActiveExchange(EventLoop& loop, AnswerWire& client, std::shared_ptr<LiveConfig> config, LiveListener& listener,
                 Owner& owner);
  ~ActiveExchange() = default;

  // What the client proved in its connection's handshake; before begin(). Outlives the exchange.
  void set_client_certificate(const ClientCertificate* certificate) { certificate_ = certificate; }
  // There is no HTTP: a connection of a listener with protocol tcp, whose request asks for a tunnel, nothing else.
  // Before begin().
  void set_tcp() { is_tcp_ = true; }
  bool is_tcp() const { return is_tcp_; }
  // Takes the parsed head into use: client address, the clock. `peer_ip` and `scheme` outlive the exchange. `body`
  // null: none.
  void begin(std::string_view peer_ip, std::string_view scheme, Body* body);
  // The same for work that goes on without the client of `other`: its request as it stands, without content.
  void begin_like(const ActiveExchange& other);
  // Runs the finishers with the outcome; once, before anything of it goes away.
  void finish();

  Body* request_body() override { return body_; }
  bool can_replay() const override { return body_ == nullptr || body_->can_restart(); }
  Instant now() const override { return loop_.now(); }
  Duration time_left() const override;
  // The client's own deadline for its call of gRPC, if it set one: what is left of it for a service.
  std::optional<Duration> call_time_left() const;
  WallTime wall_now() const override { return loop_.wall_now(); }
  bool detach(std::unique_ptr<Detached> work) override { return owner_.detach(*this, std::move(work)); }
  Poster* poster() override { return &loop_; }

  EventLoop& loop() const { return loop_; }
  AnswerWire& client() { return client_; }
  // Ends HTTP: bytes flow both ways until one side ends, or neither sends any for `idle`. What the client sends.
  upstream::WireBody* open_tunnel(Duration idle) {
    tunnel_idle_ = idle;
    return owner_.open_tunnel(idle);
  }
  void share_body_idle(Instant& last_byte) { owner_.share_body_idle(last_byte); }
  // How long a piece of content may take to be taken.
  Duration stall() const { return tunnel_idle_.value_or(limits_->body_idle); }
  LiveListener& listener_config() const { return live_listener_; }
  LiveConfig& config() { return *config_; }
  const std::shared_ptr<LiveConfig>& pinned_config() const { return config_; }
  const Limits& limits() const { return *limits_; }
  net::WaitSlot& wait() { return wait_; }
  std::string_view peer_ip() const { return peer_ip_; }

  // Content-Length is above max_body: refused before anything is sent.
  bool announces_too_much() const {
    const auto& limit = live_listener_.settings.max_body;
    return limit && request_.framing == Framing::length && request_.content_length > limit->bytes;
  }
  void choose_route(const LiveRoute& route);
  void set_upstream(std::string_view name) { upstream_ = name; }
  // The endpoints of earlier tries, which a later one avoids; of very many the last ones.
  upstream::Tried tried() const { return {tried_.data(), std::min<std::size_t>(endpoints_tried_, tried_.size())}; }
  void set_endpoint(const upstream::Endpoint& endpoint) {
    tried_[endpoints_tried_++ % tried_.size()] = endpoint.serial();
    set_endpoint_name(endpoint.name());
  }
  void set_endpoint_name(std::string_view name) { endpoint_ = arena_.copy(name); }
  void count_try() { ++tries_; }
  // Puts the body back to its start for a later try; keeps it from now on if a filter asked for that.
  void rewind_body();
  // Up to so many bytes of the body can be sent again, or sent at all once they are here; before any is pulled.
  void widen_replay_window(std::size_t bytes) {
    keep_request_body();
    body_->set_window(bytes);
  }
  // Does the client hold its content back for a 100 (RFC 9110 section 10.1.1)? Once invited, a later try need not ask.
  bool awaits_continue() const { return request_.expects_continue && !invited_; }
  void invite_content() { invited_ = true; }
  // An interim head is on its way to the client: until it is out, no other answer can begin.
  void set_relaying_interim(bool relaying) { relaying_interim_ = relaying; }
  bool is_relaying_interim() const { return relaying_interim_; }
  // What came of it, as far as it is known.
  Outcome& outcome() { return outcome_; }
  // The final response head is out of the chain: the request's deadline stands still from here.
  void stop_clock() override {
    clear();
    if (journal_ != nullptr) [[unlikely]]
      journal_->answered = loop_.now();
  }
  Task<bool> inform(const ResponseHead* head) override;
  // From now on it is written down what the request goes through; before it is served.
  void keep_journal() { journal_ = arena_.make<Journal>(); }
  // A try at an endpoint that began at `begun` came to this. Cost where nobody asks: one read.
  void note_try(Instant begun, Failure failure, std::uint16_t status) {
    if (journal_ != nullptr) [[unlikely]]
      journal_->add(Journal::Try{endpoint_, failure, status, begun, loop_.now()});
  }
  void limit_time(Duration limit) override;

 private:
  void expired() override;
  void hide_parameters();
  void obey_call_timeout();
  void on_call_timeout();
  void start_sleep(Sleep& sleep, Duration duration) override;
  void stop_sleep(Sleep& sleep) override;
  void start_wait(JobWait& wait, const std::shared_ptr<Job>& job) override;
  void stop_wait(JobWait& wait) override;

  struct SleepWait final : net::Interruptible {
    explicit SleepWait(ActiveExchange& owner) : owner(owner) {}
    void interrupt() override;
    ActiveExchange& owner;
    Sleep* sleep = nullptr;
  };

  EventLoop& loop_;
  AnswerWire& client_;
  std::shared_ptr<LiveConfig> config_;
  LiveListener& live_listener_;
  Owner& owner_;
  const Limits* limits_;
  Duration own_limit_ = Duration::max();  // since it began
  net::WaitSlot wait_;
  ReplayBody* body_ = nullptr;
  Outcome outcome_;
  std::array<std::uint64_t, 8> tried_;  // serial numbers
  std::size_t endpoints_tried_ = 0;
  bool invited_ = false;
  bool is_tcp_ = false;
  bool relaying_interim_ = false;
  std::optional<Duration> tunnel_idle_;
  std::string_view peer_ip_;
  SleepWait sleep_wait_{*this};
  WaitForJob job_wait_{wait_};
  std::unique_ptr<Timer> sleep_timer_;
  std::optional<Duration> call_timeout_;
  std::unique_ptr<Timer> call_timer_;
};

}  // namespace outrigger::proxy
