#pragma once

#include <memory>
#include <string>

#include "net/input_buffer.h"
#include "proxy/downstream/h1_answer.h"
#include "proxy/downstream/served_exchange.h"
#include "proxy/downstream/turn.h"
#include "upstream/wire_body.h"

namespace outrigger::proxy {

// A client's connection: bytes in, one exchange at a time, bytes out. It begins every connection, and hands over those
// that turn out to speak HTTP/2: by ALPN, or by its preface on a plain one. While idle it is this object and its
// transport; no buffer, no coroutine. HTTP/1.1 by RFC 9112.
//
//   handshake -> reading <-> running -> lingering -> closed
//
// `reading` waits for a request head: at most keep_alive for its first byte, request_head for the rest. `running` is
// one exchange, from its head to the last byte of the answer. `lingering` has said FIN and drops what the client still
// sends.
class ServerConnection final : public Pooled<ServerConnection>,
                               public ClientConnection,
                               private ServedExchange,
                               private Wakeable,
                               private Deadline {
 public:
  // Takes over an accepted connection; it deletes itself when it is done.
  static void begin(ConnectionContext& context, ListenerPlace& place, std::unique_ptr<net::Transport> transport,
                    const net::Address& peer, ConnectionPermit permit = {});
  void drain() override;
  bool has_lost_listener() const override { return place_.now == nullptr; }
  void destroy() override;

 private:
  bool is_idle() const;
  enum class State : unsigned char { handshake, reading, running, lingering, closed };

  // The request body; the connection stays the only reader of its descriptor.
  class RequestBody final : public upstream::WireBody {
   public:
    RequestBody(ServerConnection& owner, http::h1::BodyDecoder decoder, Duration idle,
                Failure stalled = Failure::request_body_timeout);
    // Ends the wait for more with request_body_timeout.
    void give_up() { expired(); }
    bool is_awaited() const { return waiter_ != nullptr; }
    // Who waits for more, once.
    Wakeable* take_waiter() { return std::exchange(waiter_, nullptr); }

   private:
    bool is_idle() const;
    void wait_readable(Wakeable* waiter) override { waiter_ = waiter; }
    Wakeable* waiter_ = nullptr;
  };

  ServerConnection(ConnectionContext& context, ListenerPlace& place, std::unique_ptr<net::Transport> transport,
                   const net::Address& peer, ConnectionPermit permit);
  ~ServerConnection();

  void wake() override;
  void expired() override;
  void run_deferred() override;

  // Reading.
  void shake_hands();
  void fail_handshake(std::string_view why);
  void read_request();
  bool parse_request();
  bool is_preface();
  void hand_over();
  void wait_for_request();
  void next_request();

  // Running.
  void start_exchange();
  void begin_exchange();
  void watch_client();
  void reject(Failure failure, std::string_view reason = {});
  std::string_view scheme() const { return transport_->is_tls() ? "https" : "http"; }
  void check_abort();
  bool read_ahead();
  bool end_slow_upload() override;
  upstream::WireBody* open_tunnel(Duration idle) override;
  void share_body_idle(Instant& last_byte) override {
    if (body_ != nullptr) body_->share_idle(last_byte);
  }
  bool is_request_complete() override;
  std::uint64_t request_bytes() const override { return body_ == nullptr ? 0 : body_->received(); }
  bool may_go_on() const override { return context_.keeps_clients && place_.now != nullptr; }
  void drop_request_body() override;
  void on_served(bool is_complete, bool client_closes) override;
  void on_refused() override { linger(); }
  void on_cancelled() override { close(); }

  // The end.
  void linger();
  void drain_lingering();
  void close();

  ListenerPlace& place_;
  ConnectionPermit permit_;
  std::unique_ptr<net::Transport> transport_;
  H1Answer answer_;
  net::InputBuffer input_;
  std::string peer_ip_;
  std::size_t scanned_ = 0;
  RequestBody* body_ = nullptr;
  State state_ = State::reading;
  bool is_new_ = true;  // no request came yet: one that connected right before a drain is still served
  bool deadline_is_head_ = false;
  bool is_tunnel_ = false;       // the exchange has switched protocols
  bool may_be_http2_ = true;     // no request came yet
  bool linger_goes_on_ = false;  // in the next turn
  Turn turn_;                    // of requests
  Instant linger_until_{};
};

}  // namespace outrigger::proxy
