#pragma once

#include <atomic>
#include <map>
#include <memory>
#include <string>

#include "net/input_buffer.h"
#include "outrigger/task.h"
#include "proxy/active_exchange.h"
#include "proxy/overload.h"
#include "proxy/turn.h"
#include "upstream/wire_body.h"

namespace outrigger::proxy {

class ServerConnection;
struct ResponseWire;

// A listener as its connections know it: they stay when the configuration changes.
struct ListenerPlace {
  std::string name;
  LiveListener* now = nullptr;  // of the configuration in use; null: the listener is gone
};

// What a worker's connections share. Thread: the worker.
struct ConnectionContext {
  ConnectionContext(EventLoop& loop, FailureStats& failures);

  // The next request of each connection uses `config`.
  void adopt(std::shared_ptr<LiveConfig> config);
  // The listener of that name, for as long as the context lives.
  ListenerPlace& place(std::string_view name);

  EventLoop& loop;
  std::shared_ptr<LiveConfig> live = std::make_shared<LiveConfig>();
  std::map<std::string, ListenerPlace, std::less<>> places{};
  FailureStats& failures;
  Overload overload;
  stats::Counter accept_pauses;
  bool draining = false;  // answer what is in flight, keep nothing alive
  IntrusiveList<ServerConnection> connections{};
  std::atomic<std::size_t> open{0};  // written by the worker only
};

// A client's connection: bytes in, one exchange at a time, bytes out. While idle it is this object and its transport;
// no buffer, no coroutine. HTTP/1.1 by RFC 9112.
//
//   handshake -> reading <-> running -> lingering -> closed
//
// `reading` waits for a request head: at most keep_alive for its first byte, request_head for the rest. `running` is
// one exchange, from its head to the last byte of the answer. `lingering` has said FIN and drops what the client still
// sends.
class ServerConnection final : public Pooled<ServerConnection>,
                               public ListNode<ServerConnection>,
                               private Wakeable,
                               private Deadline,
                               private Deferred,
                               private RootTask::Owner,
                               private ActiveExchange::Owner {
 public:
  // Takes over an accepted connection; it deletes itself when it is done.
  static void begin(ConnectionContext& context, ListenerPlace& place, std::unique_ptr<net::Transport> transport,
                    const net::Address& peer, ConnectionPermit permit = {});
  // Ends it now if it is idle, after its exchange otherwise.
  void drain();
  // Ends it now, whatever runs. Between events only.
  void destroy();

 private:
  enum class State : unsigned char { handshake, reading, running, lingering, closed };

  // The request body; the connection stays the only reader of its descriptor.
  class RequestBody final : public upstream::WireBody {
   public:
    RequestBody(ServerConnection& owner, const RequestHead& head, const Limits& limits, Arena& arena);
    // Ends the wait for more with request_body_timeout.
    void give_up() { expired(); }

   private:
    void wait_readable(Wakeable* waiter) override { owner_.body_waiter_ = waiter; }
    ServerConnection& owner_;
  };
  struct Outgoing;

  ServerConnection(ConnectionContext& context, ListenerPlace& place, std::unique_ptr<net::Transport> transport,
                   const net::Address& peer, ConnectionPermit permit);
  ~ServerConnection();

  void wake() override;
  void expired() override;
  void run_deferred() override;
  void on_root_done(std::exception_ptr failure) noexcept override;
  bool end_slow_upload() override;
  void on_overdue() override;

  // Reading.
  void shake_hands();
  void read_request();
  bool make_exchange();
  bool parse_request();
  // Why nothing new may begin here, static text; empty: it may.
  std::string_view refusal() const;
  void wait_for_request();
  void next_request();

  // Running, server_exchange.cc.
  void start_exchange();
  void begin_exchange();
  void watch_client();
  RootTask serve(ActiveExchange& exchange);
  bool goes_on(net::IoEnd written);
  bool begin_answer(ActiveExchange& exchange, Response& response, Outgoing& out);
  void reject(Failure failure, std::string_view reason = {});
  void answer(Failure failure, std::string_view reason);
  bool request_is_over();
  void check_abort();
  bool read_ahead();
  void cancel(Failure why);
  void end_exchange();

  // The end.
  void end_connection(bool client_closes);
  void linger();
  void drain_lingering();
  void close();

  ConnectionContext& context_;
  ListenerPlace& place_;
  ConnectionPermit permit_;
  stats::Gauge open_;
  LiveListener* listener_ = nullptr;  // of the configuration that the current exchange uses
  std::unique_ptr<net::Transport> transport_;
  net::InputBuffer input_;
  std::string peer_ip_;
  std::size_t scanned_ = 0;
  Wakeable* body_waiter_ = nullptr;
  RequestBody* body_ = nullptr;
  State state_ = State::reading;
  bool keep_alive_ = false;
  bool head_sent_ = false;
  bool reset_on_close_ = false;  // the end of the connection is the end of the content: a cut must not look like it
  bool deadline_is_head_ = false;
  bool linger_goes_on_ = false;  // in the next turn
  Turn turn_;                    // of requests
  Instant linger_until_{};
  Outcome outcome_;
  std::unique_ptr<ActiveExchange> exchange_;
  RootTask root_;  // last: its frames refer to everything above
};

}  // namespace outrigger::proxy
