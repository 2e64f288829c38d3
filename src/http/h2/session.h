#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "http/h2/abuse.h"
#include "http/h2/error_code.h"
#include "http/h2/frame_walk.h"
#include "http/h2/head_reader.h"
#include "http/h2/stream.h"

struct nghttp2_session;

namespace outrigger::http::h2 {

// What a client says first. RFC 9113 section 3.4.
inline constexpr std::string_view kPreface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

// A field as it goes out. Names may have any case.
struct OutField {
  std::string_view name;
  std::string_view value;
};

// One HTTP/2 connection without its socket: bytes in, what they mean out; messages in, bytes out. RFC 9113, by nghttp2,
// with checks of messages and abuse limits of our own. Never reads a clock: receive() is told the time.
//
//   receive(bytes) -> Owner and Stream hear        submit, offer, reset ... -> Owner::on_output()
//   gather(room)   <- once, when all events of a turn are done, so that its frames leave in one write
//
// A frame that breaks a stream's rules resets that stream; one that breaks the connection's, or a peer that floods,
// ends the connection with a GOAWAY: write what gather() gives and close when is_over(). RFC 9113 section 5.4.
class Session {
 public:
  enum class Role : std::uint8_t { server, client };

  struct Options {
    Role role = Role::server;
    HeadLimits limits{};
    PathPolicy policy = PathPolicy::reject;
    std::uint32_t max_streams = 128;         // that the peer may open
    std::int32_t stream_window = 64 * 1024;  // bytes of content a stream may send ahead of its reader
    std::int32_t connection_window = 256 * 1024;
  };

  class Owner {
   public:
    // Server: a request begins. Null: it is refused (REFUSED_STREAM), which tells the client that it was not processed.
    virtual Stream* on_request() { return nullptr; }
    // There may be something to gather. Called often.
    virtual void on_output() = 0;
    // The peer will open (server) or take (client) no more streams. Of ours, those that it did not look at are closed
    // with refused_stream.
    virtual void on_goaway(ErrorCode code) { (void)code; }
    // The peer's settings came. Also those that change nothing.
    virtual void on_settings() {}
    // The answer to ping().
    virtual void on_pong() {}
    // We reset a stream, for the log and the metrics; `code` is what the peer is told.
    virtual void on_reset_sent(ErrorCode code) { (void)code; }

   protected:
    ~Owner() = default;
  };

  Session(Owner& owner, const Options& options, std::uint64_t now);
  ~Session();
  Session(const Session&) = delete;
  Session& operator=(const Session&) = delete;

  // Takes all of `bytes`. `now` in milliseconds. False: the connection can't go on, not even to say so; else what went
  // wrong is told by the next gather(), after which is_over() is true.
  bool receive(std::string_view bytes, std::uint64_t now);
  // Puts frames into `room`, as many as there are and fit; how many bytes. Needs 64 bytes of room to do anything.
  std::size_t gather(std::span<char> room);
  // False: gather() would give nothing.
  bool has_output() const;
  // Neither side has anything left to say.
  bool is_over() const;
  // A field block has begun and is not complete.
  bool is_inside_head() const { return is_inside_head_; }
  // Field blocks that have begun so far.
  std::uint64_t heads_begun() const { return heads_begun_; }

  // Server: the answer's head. `fields` begin with :status. `ends`: no content follows.
  void respond(Stream& stream, std::span<const OutField> fields, bool ends);
  // Server: an interim response, 1xx.
  void inform(Stream& stream, std::span<const OutField> fields);
  // Client: opens a stream; false when the peer takes no more (stream numbers used up, GOAWAY). `fields` begin with the
  // pseudo-headers.
  bool request(Stream& stream, std::span<const OutField> fields, bool ends);

  // Gives content to be sent as the windows allow; `bytes` live until Stream::on_taken(), and only one offer is open.
  // `ends`: these are the last, with `trailers` (may be null) behind them.
  void offer(Stream& stream, std::string_view bytes, bool ends, const Headers* trailers = nullptr);
  // Ends the stream now; what was offered is not sent. The stream hears nothing more.
  void reset(Stream& stream, ErrorCode code);
  // The stream is heard no more, but what it said goes out, with its end. Should the client still send its request
  // then, it is told to stop (RFC 9113 section 8.1).
  void leave(Stream& stream);
  // Content was read: the peer may send as much again.
  void consume_stream(Stream& stream, std::size_t bytes);
  void consume_connection(std::size_t bytes);

  // Says that no stream will be accepted soon (GOAWAY with the highest number), without refusing those on their way.
  void announce_end();
  // Accepts no stream from now on: GOAWAY with the last one that was accepted.
  void go_away(ErrorCode code = ErrorCode::no_error);
  void ping();

  // Streams that the peer lets us have open.
  std::uint32_t peer_max_streams() const;
  // Client: the peer takes requests with :protocol (RFC 8441 section 3).
  bool peer_takes_connect_protocol() const;
  // Why the connection ends: what we tell the peer, or were about to.
  ErrorCode error() const { return error_; }
  // Set when it was a flood.
  std::optional<Abuse> abuse() const { return abuse_; }
  // A sentence, static; empty while nothing is wrong.
  std::string_view error_text() const { return error_text_; }

 private:
  friend class Stream;
  friend struct SessionCallbacks;

  void detach(Stream& stream);
  void use(Abuse kind);
  void fail(ErrorCode code, std::string_view text);
  void fail_message(Stream& stream);
  void add_taken(Stream& stream);
  bool wake_taken();
  void submit_trailers(Stream& stream);
  void unlink_taken(Stream& stream);
  void look_at(const FrameHeader& frame, std::string_view payload, std::uint32_t known);
  void check_state(const FrameHeader& frame, std::uint32_t known);
  void check_order(const FrameHeader& frame);

  struct FreeNative {
    void operator()(nghttp2_session* session) const;
  };

  Owner& owner_;
  Options options_;
  HeadReader reader_;  // one block at a time: RFC 9113 section 4.3
  AbuseGuard guard_;
  FrameWalk walk_;
  RecentStreams recent_;
  std::vector<std::uint32_t> begun_;  // streams that the bytes being received open
  std::unique_ptr<nghttp2_session, FreeNative> native_;
  std::string_view leftover_;  // of a frame that did not fit; valid until the library gives the next
  char* out_ = nullptr;        // while gathering
  char* out_end_ = nullptr;
  Stream* head_of_ = nullptr;  // whose field block is being read; null: nobody's
  std::uint64_t block_size_ = 0;
  std::uint64_t heads_begun_ = 0;
  Stream* first_taken_ = nullptr;  // whose offers were taken and who don't know it yet
  ErrorCode error_ = ErrorCode::no_error;
  std::optional<Abuse> abuse_;
  std::string_view error_text_;
  bool is_inside_head_ = false;
  bool has_failed_ = false;
  bool is_broken_ = false;  // the library can't go on
};

}  // namespace outrigger::http::h2
