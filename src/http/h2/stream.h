#pragma once

#include <cstdint>
#include <string_view>

#include "http/h2/error_code.h"
#include "http/h2/head_reader.h"
#include "outrigger/message.h"

namespace outrigger::http::h2 {

class Session;

// One request and its answer, as one side of the connection sees it. It hears from its session while that receives
// bytes or gathers output; it may call any function of the session then but receive() and gather(), and may end itself.
// A stream that goes away while it is open is reset (CANCEL).
class Stream {
 public:
  Stream(const Stream&) = delete;
  Stream& operator=(const Stream&) = delete;

  // 0 when it is not open: not yet, or no longer.
  std::int32_t id() const { return id_; }
  bool is_open() const { return id_ != 0; }
  // The peer's message is complete.
  bool has_received_end() const { return received_end_; }
  // Our message is complete and on its way.
  bool has_sent_end() const { return sent_end_; }
  // Bytes that are offered and not on their way.
  std::size_t offered() const { return offered_.size(); }

 protected:
  Stream() = default;
  ~Stream();

 private:
  friend class Session;
  friend struct SessionCallbacks;

  // Server: where the request's head goes.
  virtual RequestHead* request_head() { return nullptr; }
  // Client: where the next head goes, interim or final. Called again for each.
  virtual ResponseHead* response_head() { return nullptr; }
  virtual Method request_method() const { return Method::get; }
  // Where trailers go.
  virtual Headers* trailers() = 0;

  // The head is complete, or why it is not accepted. After a malformed one the stream is reset already.
  virtual void on_head(const HeadCheck& check) = 0;
  // Content; never empty. It counts against the windows until consume_stream() and consume_connection().
  virtual void on_data(std::string_view bytes) = 0;
  // The message is complete; trailers() holds what came behind it.
  virtual void on_end() = 0;
  // Everything that was offered is on its way.
  virtual void on_taken() = 0;
  // The stream is over: both messages are complete (no_error), or the peer reset it, or we did because the peer broke a
  // rule. id() is 0. An offer that was taken just before is told after it.
  virtual void on_closed(ErrorCode code) = 0;

  Session* session_ = nullptr;
  std::int32_t id_ = 0;
  bool received_head_ = false;  // the final one
  bool received_end_ = false;
  bool sent_end_ = false;
  bool waits_for_offer_ = false;  // the library asks no more until it is told
  bool offers_end_ = false;
  bool end_is_out_ = false;
  bool in_taken_ = false;
  std::uint64_t content_left_ = 0;  // what content-length announced
  bool counts_content_ = false;
  std::string_view offered_;
  const Headers* offered_trailers_ = nullptr;
  Stream* next_taken_ = nullptr;
};

}  // namespace outrigger::http::h2
