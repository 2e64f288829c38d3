#pragma once

#include "outrigger/task.h"
#include "proxy/active_exchange.h"
#include "upstream/connection.h"
#include "upstream/wire_body.h"

namespace outrigger::proxy {

inline constexpr Duration kTunnelIdle = std::chrono::minutes(5);

// How long a tunnel for this exchange may be silent.
Duration tunnel_idle(const ActiveExchange& exchange);

// Bytes both ways between a client and a service, in memory of bounded size, or past it where plain bytes come fast: a
// side that does not read holds the other one back. What the service sends is the body of the answer; what the client
// sends is written to the service by a task of its own.
//
// The client's end is passed on, and the other way goes on. So is the service's, where the client's wire knows how
// (AnswerWire::end_sending) and the tunnel then is over when both have ended; else it is over at once. A client that
// breaks off, and silence for `idle`, end it as failed; what was cut must not look complete to the service, which then
// sees a reset.
class Tunnel final : public Body, private RootTask::Owner, private Deferred {
 public:
  // `client`: what the client sends. Both live longer.
  Tunnel(ActiveExchange& exchange, upstream::Connection& service, upstream::WireBody& client, Duration idle);
  ~Tunnel() override;
  // Begins to take what the client sends.
  void start();

  Arena& arena() { return exchange_.arena(); }

  State pull(std::string_view& bytes) override;
  std::uint64_t spliceable() const override { return is_service_done_ ? 0 : answer_.spliceable(); }
  State splice(int into, std::size_t most, std::size_t& taken) override;
  void park(Wakeable* waiter) override;
  Failure failure() const override;

 private:
  RootTask forward(Tunnel& self);
  void on_root_done(std::exception_ptr failure) noexcept override;
  void run_deferred() override;
  bool is_over() const { return is_client_done_ && is_service_done_; }

  ActiveExchange& exchange_;
  net::Transport& service_;
  upstream::WireBody& client_;
  upstream::WireBody answer_;
  Wakeable* waiter_ = nullptr;
  Failure client_failure_ = Failure::none;
  bool is_client_done_ = false;
  bool is_service_done_ = false;
  bool ends_apart_ = true;  // the client's wire can say that the service has ended
  RootTask forward_;        // last: its frame refers to everything above
};

}  // namespace outrigger::proxy
