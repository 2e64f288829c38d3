#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string_view>

#include "http/h2/session.h"
#include "net/gathered_output.h"
#include "upstream/shared/shared_stats.h"

namespace outrigger::upstream {

class SharedConnection;

// A request on a connection that many share, and its answer. Destroying it resets its stream if that is still open.
class SharedRequest : public http::h2::Stream, public ListNode<SharedRequest> {
 public:
  // The connection ended under it and says nothing more; `why`, never empty, lives as long as this call.
  virtual void on_lost(Failure failure, std::string_view why) = 0;
  // The service said what it can, for the first time or anew.
  virtual void on_settings() {}

 protected:
  explicit SharedRequest(SharedConnection& connection);
  ~SharedRequest();
  SharedConnection& connection() { return connection_; }

 private:
  SharedConnection& connection_;
};

// How connections to a service are kept.
struct SharedLimits {
  Duration idle;  // without a request
  Duration ping;  // of silence while requests wait, and for the answer to the PING that follows
};

// A connection to a service that speaks HTTP/2: many requests at a time, and all that a turn of the loop made for it
// out in one write. RFC 9113.
//
//   open -> leaving -> closed
//
// `leaving` takes no more requests and closes with the last one: after a GOAWAY of either side, or retire(). A closed
// one lives on until its requests have left. It deletes itself. A service that is silent while requests wait is asked
// by a PING: after `ping` of silence, and again every five minutes as long as PINGs are all that it answers, since
// services of gRPC take more for a flood. Thread: its worker.
class SharedConnection final : public ListNode<SharedConnection>,
                               private http::h2::Session::Owner,
                               private net::GatheredOutput::Owner,
                               private Wakeable,
                               private Deadline,
                               private Deferred {
 public:
  static constexpr std::uint32_t kMostRequests = 100;  // at a time, if the service allows as many

  // `assumed`: how many requests the service allows, until it says so.
  SharedConnection(EventLoop& loop, std::unique_ptr<net::Transport> transport, SharedLimits limits,
                   const SharedStats& stats, std::uint32_t assumed = kMostRequests);
  // Says hello, and takes what the service said already.
  void begin();

  // Differs from those of all other connections of this thread and is greater than those of older ones.
  std::uint32_t serial() const { return serial_; }
  bool is_tls() const { return is_tls_; }
  // Does it take one more request?
  bool has_room() const { return state_ == State::open && !is_doubted_ && requests_ < most_requests_; }
  // How many it takes at a time.
  std::uint32_t most_requests() const { return most_requests_; }
  // The service has said what it can.
  bool knows_settings() const { return knows_settings_; }
  // It takes WebSockets: an extended CONNECT (RFC 8441).
  bool takes_web_sockets() const { return session_.peer_takes_connect_protocol(); }
  // It carried requests before.
  bool was_used() const { return was_used_; }
  // Sends the head; `fields` begin with the pseudo-headers. False: it takes no more.
  bool open(SharedRequest& request, std::span<const http::h2::OutField> fields, bool ends);
  http::h2::Session& session() { return session_; }
  const SharedStats& stats() const { return stats_; }

  // A request was not answered in time: no others come until the service has answered a PING.
  void doubt();
  // Takes no more requests.
  void retire();

 private:
  friend class SharedRequest;
  enum class State : unsigned char { open, leaving, closed };
  enum class Waiting : unsigned char { idle, silence, pong };
  struct Reader final : Deadline {
    explicit Reader(SharedConnection& owner) : owner(owner) {}
    void expired() override { owner.read(); }
    SharedConnection& owner;
  };

  ~SharedConnection();
  void add(SharedRequest& request);
  void remove(SharedRequest& request);

  void on_output() override { output_.note(); }
  void on_goaway(http::h2::ErrorCode code) override;
  void on_settings() override;
  void on_pong() override;
  void on_reset_sent(http::h2::ErrorCode code) override { stats_.count_reset(code); }

  std::size_t gather(std::span<char> room) override;
  void on_written() override;
  void on_write_failed(net::IoEnd why) override;

  void wake() override;
  void expired() override;
  void run_deferred() override { delete this; }
  void read();
  void take(std::string_view bytes);
  bool is_done() const { return state_ == State::leaving && requests_ == 0; }
  void ask();
  void wait();
  void wait_for(Waiting what, Duration limit);
  std::string_view reason() const;
  void count_end();
  void lose(Failure failure, std::string_view why);

  EventLoop& loop_;
  std::unique_ptr<net::Transport> transport_;  // null when closed
  SharedLimits limits_;
  SharedStats stats_;
  std::uint32_t serial_;
  http::h2::Session session_;
  IntrusiveList<SharedRequest> open_;  // who hears of a loss
  std::uint32_t requests_ = 0;
  std::uint32_t most_requests_;
  net::GatheredOutput output_;
  Reader reader_{*this};
  State state_ = State::open;
  Waiting waiting_ = Waiting::idle;
  Instant heard_{};     // the service's last bytes
  Instant asked_{};     // our last PING
  Instant answered_{};  // and its answer
  bool is_tls_;
  bool was_used_ = false;
  bool knows_settings_ = false;
  bool is_doubted_ = false;
  bool is_receiving_ = false;
  bool said_goodbye_ = false;
};

}  // namespace outrigger::upstream
