#include "proxy/calls/stream.h"

#include "http/h1/lenient_head.h"
#include "http/h1/response_parser.h"
#include "net/splice.h"
#include "proxy/calls/tunnel.h"
#include "proxy/downstream/turn.h"
#include "proxy/forwarding/chunk.h"
#include "proxy/forwarding/forward.h"
#include "proxy/forwarding/legacy_request.h"
#include "proxy/forwarding/upgrade.h"

namespace outrigger::proxy {

using net::IoEnd;
using net::IoResult;
using net::WriteAll;

Stream::Stream(ActiveExchange& exchange, upstream::Cluster& cluster, std::shared_ptr<upstream::Endpoint> endpoint,
               std::unique_ptr<upstream::Connection> connection)
    : Call(exchange, std::move(endpoint)),
      cluster_(cluster),
      connection_(std::move(connection)),
      reused_(connection_->uses() > 0) {
  connection_->count_use();
}

Stream::~Stream() {
  end_upload();
  // A tunnel ends as its users like: that says nothing of the endpoint.
  if (body_) set_end(body_->failure(), is_starved());
  if (can_be_reused()) endpoint_->keep_idle(std::move(connection_), cluster_.idle_limit(*endpoint_));
}

// Everything was sent, everything was read, and nobody said close. Bytes left over after a response are an error of the
// service: the connection is never used again, so they can't answer another request.
bool Stream::can_be_reused() const {
  if (const config::Legacy* legacy = cluster_.legacy(); legacy != nullptr && !legacy->keep_alive) return false;
  if (!upload_done_ || upload_failure_ != Failure::none || head_ == nullptr || !head_->keep_alive || !body_begun_)
    return false;
  return connection_->input().unread().empty() && (!body_ || (body_->is_complete() && !body_->ended_by_close()));
}

Failure Stream::failure() const {
  if (content_ == nullptr || content_->failure() != Failure::none) {
    return content_ == nullptr ? Failure::none : content_->failure();
  }
  const bool is_followed =
      body_ && body_->is_complete() && !body_->ended_by_close() && !connection_->input().unread().empty();
  return is_followed ? Failure::upstream_bad_response : Failure::none;
}

WriteAll Stream::send_head() {
  std::string_view head = write_request_head(exchange_);
  if (const config::Legacy* legacy = cluster_.legacy()) head = for_old_service(head, *legacy, exchange_.arena());
  Body* body = exchange_.request_body();
  if (has_content_ && !expects_continue_ && body->pull(first_chunk_) != State::data) first_chunk_ = {};
  std::string_view before, after;
  if (!first_chunk_.empty() && exchange_.request().framing == Framing::chunked) {
    before = chunk_head(chunk_head_, first_chunk_.size());
    after = kChunkEnd;
  }
  return WriteAll(exchange_.loop(), connection_->transport(), exchange_.limits().body_idle,
                  {head, before, first_chunk_, after}, &sent_);
}

RootTask Stream::upload(ActiveExchange& exchange) {
  Body& body = *exchange.request_body();
  net::Transport& transport = connection_->transport();
  const bool chunked = exchange.request().framing == Framing::chunked;
  for (Turn turn(kBytesPerTurn);;) {
    const Body::Chunk chunk = co_await body.read();
    if (chunk.state == State::failed) {
      upload_failure_ = body.failure();
      co_return;
    }
    const bool last = chunk.state == State::end;
    if (last && !chunked) co_return;
    std::string_view before, after;
    if (chunked) {
      before = last ? last_chunk(exchange.arena(), body.trailers()) : chunk_head(chunk_head_, chunk.bytes.size());
      after = last ? std::string_view{} : kChunkEnd;
    }
    const IoEnd end = co_await WriteAll(exchange.loop(), transport, exchange.limits().body_idle,
                                        {before, last ? std::string_view{} : chunk.bytes, after});
    if (!goes_on(end)) co_return;
    if (last) co_return;
    if (turn.use(exchange.loop(), chunk.bytes.size() + kCostOfPiece)) co_await NextTurn(exchange.loop());
    if (chunked || !transport.can_splice() || body.spliceable() < net::SpliceBody::kWorth) continue;
    const auto spliced = co_await net::SpliceBody(exchange.loop(), body, transport, exchange.limits().body_idle);
    if (!goes_on(spliced.end)) co_return;
  }
}

void Stream::on_upload_failed() {
  if (body_ && !body_->has_ended()) body_->break_off(upload_failure_);
}

bool Stream::open_tunnel() {
  const Duration idle = tunnel_idle(exchange_);
  upstream::WireBody* const client = exchange_.open_tunnel(idle);
  if (client == nullptr) return false;
  auto* tunnel = exchange_.arena().make<Tunnel>(exchange_, *connection_, *client, idle);
  tunnel_.reset(tunnel);
  content_ = tunnel;
  tunnel->start();
  return true;
}

void Stream::open_without_request() {
  head_ = exchange_.arena().make<ResponseHead>(exchange_.arena());
  head_->status = 200;
  head_->framing = Framing::until_close;
  open_tunnel();
}

// False when what was written last could not be: the upload is over.
bool Stream::goes_on(IoEnd written) {
  if (written == IoEnd::done) return true;
  upload_failure_ = written == IoEnd::timed_out ? Failure::upstream_write_timeout : Failure::upstream_reset;
  return false;
}

bool Stream::poll_head() {
  net::InputBuffer& input = connection_->input();
  using Status = http::h1::HeadResult::Status;
  for (;;) {
    if (!input.unread().empty()) {
      answered_ = true;
      if (head_ == nullptr || scanned_ == 0) head_ = exchange_.arena().make<ResponseHead>(exchange_.arena());
      const auto result = endpoint_->is_lenient() ? parse_lenient() : parse_strict();
      if (result.status != Status::need_more) {
        head_failure_ = result.status == Status::complete ? Failure::none : result.failure;
        const bool switches = result.status == Status::complete && head_->status == 101;
        if (switches && !accepts_upgrade(wanted_upgrade(exchange_.request()), *head_)) {
          head_failure_ = Failure::upstream_bad_response;
        }
        input.consume(result.consumed);
        scanned_ = 0;
        return true;
      }
    }
    if (input.is_full()) {
      head_failure_ = Failure::upstream_head_too_large;
      return true;
    }
    const IoResult result = input.fill_head(connection_->transport());
    if (result.state == IoResult::State::would_block) {
      if (!answered_) input.release();  // whoever waits holds no buffer
      return false;
    }
    if (result.state != IoResult::State::ok) {
      head_failure_ = Failure::upstream_reset;
      return true;
    }
  }
}

http::h1::HeadResult Stream::parse_strict() {
  return http::h1::parse_response_head(connection_->input().unread(), scanned_, {}, exchange_.request().method, *head_);
}

http::h1::HeadResult Stream::parse_lenient() {
  const auto result =
      http::h1::parse_lenient_response_head(connection_->input().unread(), {}, exchange_.request().method, *head_);
  scanned_ = result.status == http::h1::HeadResult::Status::need_more ? 1 : 0;  // head_ is still empty
  return result;
}

void Stream::begin_body() {
  body_begun_ = true;
  if (head_->framing == Framing::none) return;
  body_.emplace(exchange_.loop(), connection_->transport(), connection_->input(),
                http::h1::BodyDecoder(head_->framing, head_->content_length, &exchange_.arena(),
                                      http::h1::BodyDecoder::Sizes::padded),
                exchange_.limits().body_idle,
                upstream::WireBody::Failures{Failure::response_truncated, Failure::response_bad_chunk,
                                             Failure::response_body_timeout});
  content_ = &*body_;
  if (Instant* last_byte = share_idle_with_upload()) body_->share_idle(*last_byte);
}

}  // namespace outrigger::proxy
