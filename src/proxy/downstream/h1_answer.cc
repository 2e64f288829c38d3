#include "proxy/downstream/h1_answer.h"

#include <utility>

#include "proxy/forwarding/chunk.h"
#include "proxy/forwarding/forward.h"

namespace outrigger::proxy {

// What goes out next.
struct H1Answer::Prepared {
  explicit Prepared(Arena& arena) : arena(arena) {}
  void set(std::initializer_list<std::string_view> texts) {
    std::size_t count = 0;
    for (const auto text : texts) {
      if (!text.empty()) pieces[count++] = net::piece(text);
    }
    left = {pieces, count};
  }

  Arena& arena;
  std::string_view head;  // to go with the next content
  std::span<iovec> left;  // of pieces
  std::uint64_t written = 0;
  iovec pieces[4];
  char size_line[24];
};

void H1Answer::reset() {
  prepared_ = nullptr;
  is_final_ = chunked_ = until_close_ = keep_alive_ = head_sent_ = false;
}

H1Answer::Prepared& H1Answer::in(Arena& arena) {
  if (prepared_ == nullptr) prepared_ = arena.make<Prepared>(arena);
  return *prepared_;
}

std::uint64_t H1Answer::progress() const { return prepared_ == nullptr ? 0 : prepared_->written; }

void H1Answer::set_interim(ActiveExchange& exchange, const ResponseHead& head) {
  in(exchange.arena()).set({write_interim_head(exchange, head)});
}

void H1Answer::set_head(ActiveExchange& exchange, const Response& response, bool may_keep) {
  const ResponseWire wire = write_response_head(exchange, response, may_keep);
  in(exchange.arena()).head = wire.head;
  is_final_ = true;
  chunked_ = wire.chunked;
  keep_alive_ = wire.keep_alive;
  until_close_ = wire.until_close;
}

void H1Answer::put(std::string_view bytes, bool ends, const Headers* trailers) {
  Prepared& next = *prepared_;
  std::string_view before, after;
  if (chunked_ && !bytes.empty()) {
    before = chunk_head(next.size_line, bytes.size());
    after = kChunkEnd;
  }
  if (chunked_ && ends) {
    const std::string_view last = last_chunk(next.arena, trailers);
    after = after.empty() ? last : next.arena.concat(after, last);
  }
  next.set({std::exchange(next.head, {}), before, bytes, after});
}

AnswerWire::Sending H1Answer::send() {
  Prepared& next = *prepared_;
  while (!next.left.empty()) {
    const net::IoResult result = transport_.write(next.left);
    if (result.state == net::IoResult::State::would_block) return Sending::pending;
    if (result.state != net::IoResult::State::ok) return Sending::failed;
    head_sent_ = is_final_;
    next.written += result.bytes;
    next.left = net::skip(next.left, result.bytes);
  }
  return Sending::done;
}

}  // namespace outrigger::proxy
