#include "proxy/calls/stream.h"

#include "http/field_list.h"
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

namespace {

using net::IoEnd;
using net::IoResult;
using net::WriteAll;
using namespace std::chrono_literals;

constexpr Duration kTunnelIdle = 5min;
constexpr Duration kWebSocketIdle = 1h;
constexpr Duration kContinueSilence = 1s;  // then we ask the client for its content ourselves

}  // namespace

Stream::Stream(ActiveExchange& exchange, upstream::Cluster& cluster, std::shared_ptr<upstream::Endpoint> endpoint,
               std::unique_ptr<upstream::Connection> connection)
    : exchange_(exchange),
      cluster_(cluster),
      endpoint_(std::move(endpoint)),
      connection_(std::move(connection)),
      reused_(connection_->uses() > 0),
      has_content_(exchange.request_body() != nullptr),
      expects_continue_(has_content_ && exchange.awaits_continue()),
      upload_done_(!has_content_) {
  connection_->count_use();
}

Stream::~Stream() {
  upload_.reset();
  // A tunnel ends as its users like: that says nothing of the endpoint.
  if (pick_ && body_) pick_.set_cut(body_->failure());
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

void Stream::start_upload() {
  if (!has_content_) return;
  if (expects_continue_) return exchange_.loop().set_deadline(continue_wait_, kContinueSilence);
  upload_ = upload(exchange_);
  upload_.start(*this);
}

void Stream::go_on_after_continue() {
  exchange_.invite_content();
  expects_continue_ = continue_due_ = false;
  continue_wait_.clear();
  start_upload();
}

void Stream::ContinueWait::expired() {
  owner.continue_due_ = true;
  if (owner.head_wait_ != nullptr) owner.head_wait_->finish(Failure::none);
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

bool Stream::open_tunnel() {
  const bool is_web_socket = http::list_has(wanted_upgrade(exchange_.request()), "websocket");
  const Duration idle = exchange_.limits().tunnel_idle.value_or(is_web_socket ? kWebSocketIdle : kTunnelIdle);
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

void Stream::on_root_done(std::exception_ptr failure) noexcept {
  upload_done_ = true;
  if (failure) upload_failure_ = Failure::internal;
  exchange_.loop().defer(*this);
}

// The upload ended: the try's clock starts, or the head wait learns that the request can't be completed. A service that
// closed its reading side may still have answered, so then the head decides.
void Stream::run_deferred() {
  if (head_wait_ == nullptr) return;
  if (upload_failure_ == Failure::none || upload_failure_ == Failure::upstream_reset) return head_wait_->start_clock();
  head_wait_->finish(upload_failure_);
}

bool Stream::try_head() {
  net::InputBuffer& input = connection_->input();
  using Status = http::h1::HeadResult::Status;
  if (exchange_.is_expired()) {
    head_failure_ = blame_for_expiry();
    return true;
  }
  if (continue_due_) {
    head_failure_ = Failure::none;
    return true;
  }
  if (request_out_at_ && exchange_.now() - *request_out_at_ >= exchange_.limits().backend_request) {
    head_failure_ = Failure::upstream_timeout;
    return true;
  }
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
    if (result.state == IoResult::State::would_block) return false;
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
                http::h1::BodyDecoder(head_->framing, head_->content_length, &exchange_.arena()),
                exchange_.limits().body_idle,
                upstream::WireBody::Failures{Failure::response_truncated, Failure::response_bad_chunk,
                                             Failure::response_body_timeout});
  content_ = &*body_;
}

Stream::HeadWait::~HeadWait() {
  if (!handle_) return;
  stream_.head_wait_ = nullptr;
  stream_.exchange_.wait().current = nullptr;
  stream_.connection_->transport().watch().wait_readable(nullptr);
}

void Stream::HeadWait::await_suspend(std::coroutine_handle<> handle) {
  handle_ = handle;
  stream_.head_wait_ = this;
  stream_.exchange_.wait().current = this;
  stream_.connection_->transport().watch().wait_readable(this);
  if (stream_.upload_done_ || stream_.expects_continue_) start_clock();
}

// Interim heads do not put the try's deadline off, or an endless row of them would.
void Stream::HeadWait::start_clock() {
  if (!stream_.request_out_at_) stream_.request_out_at_ = stream_.exchange_.now();
  stream_.exchange_.loop().set_deadline(*this, stream_.exchange_.limits().backend_request);
}

// What an event of the turn in which the connection was taken tells of was there before the request: a close, or the
// answer to a question that nobody asked.
void Stream::HeadWait::wake() {
  if (stream_.taken_unasked_at_ == stream_.exchange_.now()) return finish(Failure::upstream_reset);
  if (stream_.try_head()) return finish(stream_.head_failure_);
  stream_.connection_->transport().watch().wait_readable(this);
}

void Stream::HeadWait::finish(Failure result) {
  stream_.head_failure_ = result;
  clear();
  stream_.head_wait_ = nullptr;
  stream_.exchange_.wait().current = nullptr;
  stream_.connection_->transport().watch().wait_readable(nullptr);
  std::exchange(handle_, nullptr).resume();
}

}  // namespace outrigger::proxy
