#pragma once

#include <atomic>
#include <memory>
#include <string>

#include "net/input_buffer.h"
#include "outrigger/task.h"
#include "proxy/active_exchange.h"
#include "upstream/wire_body.h"

namespace outrigger::proxy {

class ServerConnection;

// What a worker's connections share. Thread: the worker.
struct ConnectionContext {
  ConnectionContext(EventLoop& loop, std::shared_ptr<LiveConfig> live, FailureStats& failures);

  EventLoop& loop;
  std::shared_ptr<LiveConfig> live;  // adopted by the next request of each connection
  FailureStats& failures;
  stats::Counter accept_pauses;
  bool draining = false;  // answer what is in flight, keep nothing alive
  IntrusiveList<ServerConnection> connections{};
  std::atomic<std::size_t> open{0};  // written by the worker only
};

// A client's connection: bytes in, one exchange at a time, bytes out. While idle it is this object and its transport;
// no buffer, no coroutine. HTTP/1.1 by RFC 9112.
class ServerConnection final : public Pooled<ServerConnection>,
                               public ListNode<ServerConnection>,
                               private Wakeable,
                               private Deadline,
                               private Deferred,
                               private RootTask::Owner {
 public:
  // Takes over an accepted connection; it deletes itself when it is done.
  static void begin(ConnectionContext& context, std::string_view listener, std::unique_ptr<net::Transport> transport,
                    const net::Address& peer);
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

   private:
    void wait_readable(Wakeable* waiter) override { owner_.body_waiter_ = waiter; }
    ServerConnection& owner_;
  };

  ServerConnection(ConnectionContext& context, std::string_view listener, std::unique_ptr<net::Transport> transport,
                   const net::Address& peer);
  ~ServerConnection();

  void wake() override;
  void expired() override;
  void run_deferred() override;
  void on_root_done(std::exception_ptr failure) noexcept override;

  void shake_hands();
  void read_request();
  bool parse_request();
  void wait_for_request();
  bool make_exchange();
  void reject(Failure failure, std::string_view reason = {});
  void start_exchange();
  RootTask serve(ActiveExchange& exchange);
  bool request_is_over();
  void check_abort();
  void cancel(Failure why);
  void end_exchange();
  void linger();
  void drain_lingering();
  void close();

  ConnectionContext& context_;
  LiveListener* listener_ = nullptr;  // of the configuration that the current exchange uses
  std::unique_ptr<net::Transport> transport_;
  net::Address peer_;
  net::InputBuffer input_;
  std::string listener_name_;
  std::size_t scanned_ = 0;
  Wakeable* body_waiter_ = nullptr;
  RequestBody* body_ = nullptr;
  State state_ = State::reading;
  bool keep_alive_ = false;
  bool head_sent_ = false;
  bool reset_on_close_ = false;
  bool deadline_is_head_ = false;
  std::size_t lingered_ = 0;
  Outcome outcome_;
  std::unique_ptr<ActiveExchange> exchange_;
  RootTask root_;  // last: its frames refer to everything above
};

}  // namespace outrigger::proxy
