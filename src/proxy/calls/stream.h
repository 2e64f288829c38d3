#pragma once

#include <optional>

#include "http/h1/head_result.h"
#include "proxy/calls/call.h"
#include "upstream/wire_body.h"

namespace outrigger::proxy {

// One request on one upstream connection: sends it, reads its head, and is the body of its response. Destroying it
// gives the connection back where it can be used again.
class Stream final : public Call {
 public:
  Stream(ActiveExchange& exchange, upstream::Cluster& cluster, std::shared_ptr<upstream::Endpoint> endpoint,
         std::unique_ptr<upstream::Connection> connection);
  ~Stream() override;

  bool was_reused() const { return reused_; }
  // The connection was kept, and nobody asked the kernel whether it is still quiet.
  void set_taken_unasked() { taken_unasked_at_ = exchange_.now(); }
  // The kernel took at least one byte of the request.
  bool was_sent() const { return sent_; }
  // The service sent at least one byte.
  bool was_answered() const { return answered_; }

  // co_await send_head(): the head, and the content that is already here.
  net::WriteAll send_head();
  // Goes on with the content, if there is more.
  using Call::start_upload;
  // The final head is here: its content can be pulled.
  void begin_body();
  // After it, when the head switches protocols: from now on a Tunnel is the content. False when the client can't.
  bool open_tunnel();
  // In place of a request and its answer, where there is no HTTP: the tunnel alone, behind a head that says 200.
  void open_without_request();

  bool is_here() const override {
    return content_ == nullptr || (body_ && head_->framing == Framing::length &&
                                   head_->content_length <= connection_->input().unread().size());
  }
  State pull(std::string_view& bytes) override { return content_ == nullptr ? State::end : content_->pull(bytes); }
  std::uint64_t spliceable() const override { return content_ == nullptr ? 0 : content_->spliceable(); }
  State splice(int into, std::size_t most, std::size_t& taken) override { return content_->splice(into, most, taken); }
  void park(Wakeable* waiter) override { content_->park(waiter); }
  // After the end of a complete body: bytes that came with it belong to no answer, so the answer is not to be trusted.
  Failure failure() const override;
  bool is_starved() const override { return body_ && body_->is_starved(); }
  const Headers* trailers() const override { return content_ == nullptr ? nullptr : content_->trailers(); }

 private:
  RootTask upload(ActiveExchange& exchange) override;
  void on_upload_failed() override;
  bool goes_on(net::IoEnd written);
  bool poll_head() override;
  void park_head(Wakeable* waiter) override { connection_->transport().watch().wait_readable(waiter); }
  // In the turn in which the connection was taken: a close, or the answer to a question that nobody asked.
  bool is_event_stale() const override { return taken_unasked_at_ == exchange_.now(); }
  bool can_be_reused() const;
  http::h1::HeadResult parse_strict();
  http::h1::HeadResult parse_lenient();

  upstream::Cluster& cluster_;
  std::unique_ptr<upstream::Connection> connection_;
  std::size_t scanned_ = 0;
  std::optional<upstream::WireBody> body_;
  BodyPointer tunnel_;
  Body* content_ = nullptr;  // one of the two
  std::optional<Instant> taken_unasked_at_;
  std::string_view first_chunk_;
  char chunk_head_[24];
  bool reused_;
  bool sent_ = false;
  bool answered_ = false;
  bool body_begun_ = false;
};

}  // namespace outrigger::proxy
