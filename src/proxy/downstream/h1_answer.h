#pragma once

#include "net/transport.h"
#include "proxy/downstream/answer_wire.h"

namespace outrigger::proxy {

// Answers on an HTTP/1 connection, one exchange after the other. What is prepared stands in the exchange's arena, so
// that an idle connection holds little.
class H1Answer final : public AnswerWire {
 public:
  explicit H1Answer(net::Transport& transport) : transport_(transport) {}

  // For the next exchange.
  void reset();
  // After set_head(): the connection can go on with another request.
  bool keeps_alive() const { return keep_alive_; }
  void give_up_connection() { keep_alive_ = false; }
  // The end of the connection is the end of the content: a cut must not look like it.
  bool ends_with_connection() const { return until_close_; }

  void set_interim(ActiveExchange& exchange, const ResponseHead& head) override;
  void set_head(ActiveExchange& exchange, const Response& response, bool may_keep) override;
  void put(std::string_view bytes, bool ends, const Headers* trailers) override;
  // One attempt is all that there will be.
  void put_last(std::string_view bytes) override { put(bytes, true, nullptr); }
  Sending send() override;
  void park(Wakeable* waiter) override { transport_.watch().wait_writable(waiter); }
  std::uint64_t progress() const override;
  const net::Transport* transport() const override { return &transport_; }
  bool is_head_sent() const override { return head_sent_; }
  net::Transport* splices_to() override { return chunked_ || !transport_.can_splice() ? nullptr : &transport_; }

 private:
  struct Prepared;
  Prepared& in(Arena& arena);

  net::Transport& transport_;
  Prepared* prepared_ = nullptr;
  bool is_final_ = false;  // what is prepared is more than an interim head
  bool chunked_ = false;
  bool until_close_ = false;
  bool keep_alive_ = false;
  bool head_sent_ = false;
};

}  // namespace outrigger::proxy
