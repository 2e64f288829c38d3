#pragma once

#include <memory>
#include <string>

#include "base/pooled.h"
#include "net/input_buffer.h"
#include "proxy/downstream/served_exchange.h"
#include "upstream/wire_body.h"

namespace outrigger::proxy {

// A client's connection to a listener with protocol tcp: one exchange from its beginning to its end, which asks for a
// tunnel (as CONNECT does) and nothing else.
//
//   handshake -> hello -> running -> closed
//
// `handshake` is TLS that ends here. `hello` waits for the ClientHello of TLS that ends at the service, where routes go
// by its server name; at most `timeouts.request_head`. Both are left out where there is nothing to wait for. A tunnel
// that failed, or was never opened, ends with a reset, so that it can't be taken for a complete one.
class TcpConnection final : public Pooled<TcpConnection>,
                            public ClientConnection,
                            private ServedExchange,
                            private AnswerWire,
                            private Wakeable,
                            private Deadline {
 public:
  // Takes over an accepted connection; it deletes itself when it is done.
  static void begin(ConnectionContext& context, ListenerPlace& place, std::unique_ptr<net::Transport> transport,
                    const net::Address& client, ConnectionPermit permit);
  void drain() override;
  bool has_lost_listener() const override { return place_.now == nullptr; }
  void destroy() override;

 private:
  enum class State : unsigned char { handshake, hello, running, closed };

  TcpConnection(ConnectionContext& context, ListenerPlace& place, std::unique_ptr<net::Transport> transport,
                const net::Address& client, ConnectionPermit permit);
  ~TcpConnection();

  void wake() override;
  void expired() override;
  void run_deferred() override;

  void shake_hands();
  void fail_handshake(std::string_view why);
  void read_hello();
  void start(std::string_view server_name);
  void refuse_client(Failure failure, std::string_view reason);
  bool prepare(std::string_view server_name);
  std::string_view scheme() const { return transport_->is_tls() ? "tls" : "tcp"; }
  void close(bool is_good);

  // What the exchange asks of its client.
  bool end_slow_upload() override { return false; }
  upstream::WireBody* open_tunnel(Duration idle) override;
  bool is_request_complete() override { return true; }
  std::uint64_t request_bytes() const override { return body_ == nullptr ? 0 : body_->received(); }
  void drop_request_body() override;
  void on_served(bool is_complete, bool client_closes) override;
  void on_refused() override { close(false); }
  void on_cancelled() override { close(false); }

  // The answer: bytes without a head, or nothing.
  void set_interim(ActiveExchange&, const ResponseHead&) override {}
  void set_head(ActiveExchange&, const Response& response, bool) override { is_open_ = !response.is_local(); }
  void put(std::string_view bytes, bool, const Headers*) override { unsent_ = bytes; }
  void put_last(std::string_view) override {}
  Sending send() override;
  void park(Wakeable* waiter) override { transport_->watch().wait_writable(waiter); }
  std::uint64_t progress() const override { return sent_; }
  bool end_sending() override;
  const net::Transport* transport() const override { return transport_.get(); }
  bool is_head_sent() const override { return is_open_; }
  net::Transport* splices_to() override { return transport_->can_splice() ? transport_.get() : nullptr; }

  ListenerPlace& place_;
  ConnectionPermit permit_;
  std::unique_ptr<net::Transport> transport_;
  net::InputBuffer input_;
  std::string peer_ip_;
  upstream::WireBody* body_ = nullptr;  // what the client sends, once somebody takes it
  std::string_view unsent_;
  std::uint64_t sent_ = 0;
  State state_ = State::running;
  bool is_open_ = false;  // there is a tunnel
};

}  // namespace outrigger::proxy
