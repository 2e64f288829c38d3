#pragma once

#include <optional>
#include <string>

#include "base/pooled.h"
#include "http/h2/session.h"
#include "proxy/downstream/grpc_call.h"
#include "proxy/downstream/served_exchange.h"
#include "upstream/h2_body.h"

namespace outrigger::proxy {

class H2Connection;

// A client's request over HTTP/2 and its answer. Deletes itself when both are over.
class H2Stream final : public Pooled<H2Stream>,
                       public ListNode<H2Stream>,
                       public http::h2::Stream,
                       private ServedExchange,
                       private AnswerWire,
                       private Deadline {
 public:
  explicit H2Stream(H2Connection& connection);
  ~H2Stream();

  // False when the listener is no longer there.
  bool prepare();
  // Ends it now, whatever runs, because of `why`. Between events only.
  void destroy(Failure why);

 private:
  // What the client says.
  RequestHead* request_head() override { return &exchange()->request(); }
  Headers* trailers() override;
  void on_head(const http::h2::HeadCheck& check) override;
  void on_data(std::string_view bytes) override;
  void on_end() override;
  void on_taken() override;
  void on_closed(http::h2::ErrorCode code) override;

  // What the answer does.
  void set_interim(ActiveExchange& exchange, const ResponseHead& head) override;
  void set_head(ActiveExchange& exchange, const Response& response, bool may_keep) override;
  void put(std::string_view bytes, bool ends, const Headers* trailers) override;
  void put_last(std::string_view bytes) override;
  Sending send() override { return is_waiting_ ? Sending::pending : Sending::done; }
  void park(Wakeable* waiter) override { waiter_ = waiter; }
  std::uint64_t progress() const override { return put_ - offered(); }
  const net::Transport* transport() const override;
  bool is_head_sent() const override { return is_head_sent_; }

  bool is_request_complete() override { return has_received_end(); }
  std::uint64_t request_bytes() const override { return body_ ? body_->received() : 0; }
  void drop_request_body() override;
  bool end_slow_upload() override;
  void share_body_idle(Instant& last_byte) override {
    if (body_) body_->share_idle(last_byte);
  }
  void on_served(bool is_complete, bool client_closes) override;
  void on_refused() override;
  void on_cancelled() override { leave(); }
  void run_deferred() override;
  void expired() override;
  void leave();

  H2Connection& connection_;
  http::h2::Session& session_;
  std::optional<upstream::H2Body> body_;
  Arena spare_;
  std::optional<Headers> trailers_;  // of the request
  std::optional<GrpcCall> call_;
  std::span<const http::h2::OutField> head_;
  std::string last_;  // content that outlives the exchange
  std::uint64_t put_ = 0;
  Wakeable* waiter_ = nullptr;
  bool is_head_due_ = false;
  bool is_head_sent_ = false;
  bool is_waiting_ = false;
  bool is_over_ = false;
};

}  // namespace outrigger::proxy
