#pragma once

#include <memory>
#include <string>

#include "http/h2/session.h"
#include "net/gathered_output.h"
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
                           private net::GatheredOutput::Owner,
                           private Wakeable,
                           private Deadline,
                           private Deferred {
 public:
  // A connection that was accepted, and counted, already.
  struct Accepted {
    std::unique_ptr<net::Transport> transport;
    ConnectionPermit permit;
    std::string peer_ip;
  };
  // Takes it over; `begun` was read from it. It deletes itself when it is done.
  static void begin(ConnectionContext& context, ListenerPlace& place, Accepted accepted, std::string_view begun);
  void drain() override;
  bool has_lost_listener() const override { return place_.now == nullptr; }
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

  H2Connection(ConnectionContext& context, ListenerPlace& place, Accepted accepted);
  ~H2Connection();

  http::h2::Stream* on_request() override;
  void on_output() override { output_.note(); }
  void on_pong() override;
  void on_reset_sent(http::h2::ErrorCode code) override { context_.h2.count_reset(code); }

  std::size_t gather(std::span<char> room) override { return session_.gather(room); }
  void on_written() override;
  void on_write_failed(net::IoEnd) override { lose(); }

  void wake() override;
  void expired() override;
  void run_deferred() override { delete this; }
  void read();
  void take(std::string_view bytes);
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
  net::GatheredOutput output_;
  State state_ = State::open;
  Waiting waiting_ = Waiting::nothing;
  Instant heard_{};               // the client's last bytes
  std::uint64_t timed_head_ = 0;  // the field block that has the deadline
  int uploads_ = 0;               // streams whose content is not complete
  bool is_draining_ = false;      // the first GOAWAY is out
  bool is_refusing_ = false;      // and the second
};

}  // namespace outrigger::proxy
