#pragma once

#include <optional>

#include "proxy/calls/call.h"
#include "upstream/h2_body.h"
#include "upstream/shared/shared_connection.h"

namespace outrigger::proxy {

// One request on a connection that many share (HTTP/2): what Stream is for HTTP/1.
//
// A WebSocket that a client asks for in HTTP/1 is asked for by an extended CONNECT (RFC 8441), once the service has
// said that it takes that; open_tunnel() then makes its 200 the client's 101.
class SharedCall final : public Call, private upstream::SharedRequest {
 public:
  SharedCall(ActiveExchange& exchange, std::shared_ptr<upstream::Endpoint> endpoint,
             upstream::SharedConnection& connection);
  ~SharedCall() override;

  // Sends the head and begins with the content. False: the connection takes no more requests.
  bool open();
  // The final head agrees to the WebSocket.
  bool is_web_socket_open() const { return is_web_socket_ && head_->status >= 200 && head_->status < 300; }
  // From now on content is what both sides say. False when the client can't.
  bool open_tunnel();
  // More on why read_head() failed, in the arena.
  std::string_view detail() const { return detail_; }
  // What failed may be mended by another connection: the service refused it unprocessed, or the connection had been
  // kept and ended before it said anything.
  bool is_replayable() const;

  State pull(std::string_view& bytes) override { return body_ ? body_->pull(bytes) : State::end; }
  void park(Wakeable* waiter) override { body_->park(waiter); }
  Failure failure() const override { return body_ ? body_->failure() : Failure::none; }
  bool is_starved() const override { return !is_web_socket_ && body_ && body_->is_starved(); }
  const Headers* trailers() const override { return body_ ? body_->trailers() : nullptr; }

 private:
  // A head that came and was not asked for yet.
  struct Received {
    ResponseHead* head;
    Received* next;
  };
  class Taken;

  // What the service says.
  ResponseHead* response_head() override;
  Method request_method() const override { return is_web_socket_ ? Method::connect : exchange_.request().method; }
  Headers* trailers() override { return &trailers_; }
  void on_head(const http::h2::HeadCheck& check) override;
  void on_data(std::string_view bytes) override;
  void on_end() override;
  void on_taken() override;
  void on_closed(http::h2::ErrorCode code) override;
  void on_settings() override;
  void on_lost(Failure failure, std::string_view why) override;

  void begin_body();
  void break_off(Failure failure, std::string_view why);
  RootTask upload(ActiveExchange& exchange) override;
  void on_upload_failed() override;
  bool poll_head() override;
  void park_head(Wakeable*) override {}  // on_head() and break_off() look
  void on_late() override { connection().doubt(); }

  ResponseHead* incoming_ = nullptr;  // is being received
  Received* first_ = nullptr;
  Received* last_ = nullptr;
  Headers trailers_;
  std::optional<upstream::H2Body> body_;
  Body* source_;  // of what goes up
  Taken* taken_ = nullptr;
  Failure broken_ = Failure::none;  // before the final head
  std::string_view detail_;
  std::uint32_t interim_ = 0;
  bool was_used_;
  bool is_web_socket_;
  bool waits_for_settings_ = false;  // of the service, before it is asked
  bool is_final_ = false;            // the final head was received
};

}  // namespace outrigger::proxy
