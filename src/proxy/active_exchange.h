#pragma once

#include <algorithm>
#include <array>
#include <memory>

#include "base/pooled.h"
#include "event/event_loop.h"
#include "net/io.h"
#include "net/transport.h"
#include "outrigger/exchange.h"
#include "proxy/live.h"

namespace outrigger::proxy {

// The request body, kept for a second try while it fits into the replay window. RFC 9110 section 9.2.2.
class ReplayBody final : public Body {
 public:
  static constexpr std::size_t kWindow = 64 * 1024;

  ReplayBody(Arena& arena, Body& source) : arena_(arena), source_(source) {}
  void keep() { keeping_ = true; }
  // Nothing was pulled yet, or all that was is still here.
  bool can_restart() const { return pulled_ == 0 || (keeping_ && !overflowed_); }
  void restart();

  State pull(std::string_view& bytes) override;
  void park(Wakeable* waiter) override { source_.park(waiter); }
  Failure failure() const override { return source_.failure(); }
  const Headers* trailers() const override { return source_.trailers(); }

 private:
  struct Piece {
    std::string_view bytes;
    Piece* next;
  };
  Arena& arena_;
  Body& source_;
  Piece* first_ = nullptr;
  Piece* last_ = nullptr;
  Piece* replaying_ = nullptr;
  std::uint64_t pulled_ = 0;
  std::size_t kept_ = 0;
  bool keeping_ = false;
  bool overflowed_ = false;
};

// The exchange as the proxy sees it: deadlines, the client's connection, the route.
class ActiveExchange final : public Exchange, public Pooled<ActiveExchange>, private Deadline {
 public:
  ActiveExchange(EventLoop& loop, net::Transport& client, std::shared_ptr<LiveConfig> config, LiveListener& listener);
  ~ActiveExchange() = default;

  // Takes the parsed head into use: client address, forwarded fields, the deadline. `body` null: none.
  void begin(const net::Address& peer, std::string_view scheme, Body* body);
  // Runs the finishers; once, before anything of it goes away.
  void finish(const Outcome& outcome);

  Body* request_body() override { return body_; }
  bool can_replay() const override { return body_ == nullptr || body_->can_restart(); }
  Instant now() const override { return loop_.now(); }
  WallTime wall_now() const override { return loop_.wall_now(); }

  EventLoop& loop() { return loop_; }
  net::Transport& client() { return client_; }
  LiveListener& listener_config() { return live_listener_; }
  LiveConfig& config() { return *config_; }
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
    endpoint_ = arena_.copy(endpoint.name());
  }
  void count_try() { ++tries_; }
  // Puts the body back to its start for a later try; keeps it from now on if a filter asked for that.
  void rewind_body();
  // The final response head is out of the chain: the request's deadline stands still from here.
  void stop_clock() { clear(); }

 private:
  void expired() override;
  void start_sleep(Sleep& sleep, Duration duration) override;
  void stop_sleep(Sleep& sleep) override;
  void find_client(const net::Address& peer);
  void drop_forwarded_fields();

  struct SleepWait final : net::Interruptible {
    explicit SleepWait(ActiveExchange& owner) : owner(owner) {}
    void interrupt() override;
    ActiveExchange& owner;
    Sleep* sleep = nullptr;
  };

  EventLoop& loop_;
  net::Transport& client_;
  std::shared_ptr<LiveConfig> config_;
  LiveListener& live_listener_;
  const Limits* limits_;
  net::WaitSlot wait_;
  ReplayBody* body_ = nullptr;
  std::array<std::uint64_t, 8> tried_;  // serial numbers
  std::size_t endpoints_tried_ = 0;
  std::string_view peer_ip_;
  SleepWait sleep_wait_{*this};
  std::unique_ptr<Timer> sleep_timer_;
};

}  // namespace outrigger::proxy
