#pragma once

#include <memory>
#include <string>

#include "base/slab.h"
#include "http/h2/session.h"
#include "proxy/downstream/connection_context.h"
#include "proxy/downstream/h2_stream.h"

namespace outrigger::proxy {

// A client's connection that speaks HTTP/2: bytes in, many exchanges at a time, and all that a turn of the loop made
// for it out in one write. RFC 9113.
//
//   open -> closing -> closed
//
// While it is `open` it has one deadline, by what it does: a head that has begun (request_head), streams that are
// answered (a client that says nothing for body_idle is asked by a PING whether it is there), or nothing (keep_alive).
// A drain says GOAWAY twice, so that no request on its way is lost. `closing` has said all, and drops what the client
// still sends.
class H2Connection final : public Pooled<H2Connection>,
                           public ClientConnection,
                           private http::h2::Session::Owner,
                           private Wakeable,
                           private Deadline,
                           private Deferred {
 public:
  // A connection that was accepted, and counted, already.
  struct Accepted {
    std::unique_ptr<net::Transport> transport;
    ConnectionPermit permit;
    stats::Gauge open;
    std::string peer_ip;
  };
  // Takes it over; `begun` was read from it. It deletes itself when it is done.
  static void begin(ConnectionContext& context, ListenerPlace& place, Accepted accepted, std::string_view begun);
  void drain() override;
  void destroy() override;

  // For its streams.
  ConnectionContext& context() { return context_; }
  http::h2::Session& session() { return session_; }
  const net::Transport& transport() const { return transport_; }
  const ListenerPlace& place() const { return place_; }
  std::string_view peer_ip() const { return accepted_.peer_ip; }
  // Why it takes no request now; empty: it does.
  std::string_view refusal() { return context_.refusal(place_, transport_.fd()); }
  const ClientCertificate* client_certificate() const { return transport_.client_certificate(); }
  std::string_view scheme() const { return transport_.is_tls() ? "https" : "http"; }
  void add(H2Stream& stream);
  void remove(H2Stream& stream);
  void count_upload(int change) { uploads_ += change; }

 private:
  enum class State : unsigned char { open, closing, closed };
  // What the deadline is for.
  enum class Waiting : unsigned char { nothing, request, head, answers, pong, end };
  struct Flush final : Deferred {
    explicit Flush(H2Connection& owner) : owner(owner) {}
    void run_deferred() override { owner.flush(); }
    H2Connection& owner;
  };
  struct Writer final : Wakeable, Deadline {
    explicit Writer(H2Connection& owner) : owner(owner) {}
    void wake() override { owner.flush(); }
    void expired() override { owner.go_on_writing(); }
    H2Connection& owner;
    bool is_next_turn = false;  // not the client is late, others had their turn
  };

  H2Connection(ConnectionContext& context, ListenerPlace& place, Accepted accepted);
  ~H2Connection();

  http::h2::Stream* on_request() override;
  void on_output() override;
  void on_pong() override;
  void on_reset_sent(http::h2::ErrorCode code) override { context_.h2.count_reset(code); }

  void wake() override;
  void expired() override;
  void run_deferred() override { delete this; }
  void read();
  void take(std::string_view bytes);
  void flush();
  bool write();
  void go_on_writing();
  void wait();
  void wait_for(Waiting what, Duration limit);
  void end_politely();
  void drop_input();
  void lose();
  void close();

  ConnectionContext& context_;
  ListenerPlace& place_;
  Accepted accepted_;
  net::Transport& transport_;
  Limits limits_;
  http::h2::Session session_;
  IntrusiveList<H2Stream> streams_;
  std::size_t stream_count_ = 0;
  Slab out_;
  std::string_view unsent_;  // of out_
  Flush flush_{*this};
  Writer writer_{*this};
  State state_ = State::open;
  Waiting waiting_ = Waiting::nothing;
  Instant heard_{};               // the client's last bytes
  std::uint64_t timed_head_ = 0;  // the field block that has the deadline
  int uploads_ = 0;               // streams whose content is not complete
  bool is_flushing_ = false;
  bool is_draining_ = false;  // the first GOAWAY is out
  bool is_refusing_ = false;  // and the second
};

}  // namespace outrigger::proxy
