#include "http/h2/session_callbacks.h"

#include <algorithm>
#include <cstring>

namespace outrigger::http::h2 {

namespace {

constexpr std::size_t kFrameHeader = 9;
constexpr std::uint32_t kPiecesOfHead = 8;   // that the library takes
constexpr std::uint64_t kMaxExpansion = 16;  // times the limit: beyond it decoding stops, and the connection with it

Session& session_of(void* self) { return *static_cast<Session*>(self); }

Stream* stream_of(nghttp2_session* native, std::int32_t id) {
  return static_cast<Stream*>(nghttp2_session_get_stream_user_data(native, id));
}

std::string_view text(const std::uint8_t* data, std::size_t length) {
  return {reinterpret_cast<const char*>(data), length};
}

bool ends_stream(const nghttp2_frame_hd& header) { return (header.flags & NGHTTP2_FLAG_END_STREAM) != 0; }
bool is_ack(const nghttp2_frame_hd& header) { return (header.flags & NGHTTP2_FLAG_ACK) != 0; }

// Did the peer make us say this?
bool is_caused_by_peer(ErrorCode code) {
  return code == ErrorCode::protocol_error || code == ErrorCode::flow_control_error ||
         code == ErrorCode::stream_closed || code == ErrorCode::frame_size_error ||
         code == ErrorCode::compression_error;
}

}  // namespace

const nghttp2_session_callbacks* SessionCallbacks::all() {
  static const nghttp2_session_callbacks* const callbacks = [] {
    nghttp2_session_callbacks* made = nullptr;
    nghttp2_session_callbacks_new(&made);
    nghttp2_session_callbacks_set_on_begin_headers_callback(made, &on_begin_headers);
    nghttp2_session_callbacks_set_on_header_callback(made, &on_header);
    nghttp2_session_callbacks_set_on_data_chunk_recv_callback(made, &on_data_chunk);
    nghttp2_session_callbacks_set_on_frame_recv_callback(made, &on_frame_recv);
    nghttp2_session_callbacks_set_on_invalid_frame_recv_callback(made, &on_invalid_frame);
    nghttp2_session_callbacks_set_on_frame_send_callback(made, &on_frame_send);
    nghttp2_session_callbacks_set_on_stream_close_callback(made, &on_stream_close);
    nghttp2_session_callbacks_set_send_data_callback(made, &send_data);
    return made;
  }();
  return callbacks;
}

void SessionCallbacks::begin_block(Session& session, Stream* stream) {
  session.head_of_ = stream;
  session.block_size_ = 0;
  session.is_inside_head_ = true;
  ++session.heads_begun_;
  if (stream == nullptr) return;
  if (stream->received_head_) {
    session.reader_.begin_trailers(*stream->trailers(), session.options_.limits);
  } else if (session.options_.role == Session::Role::server) {
    session.reader_.begin_request(*stream->request_head(), session.options_.limits);
  } else {
    session.reader_.begin_response(*stream->response_head(), session.options_.limits);
  }
}

int SessionCallbacks::on_begin_headers(nghttp2_session* native, const nghttp2_frame* frame, void* self) {
  Session& session = session_of(self);
  const std::int32_t id = frame->hd.stream_id;
  if (frame->hd.type != NGHTTP2_HEADERS || frame->headers.cat != NGHTTP2_HCAT_REQUEST) {
    begin_block(session, stream_of(native, id));
    return 0;
  }
  session.recent_.opened(static_cast<std::uint32_t>(id));
  Stream* const stream = session.has_failed_ ? nullptr : session.owner_.on_request();
  if (stream == nullptr) {
    nghttp2_submit_rst_stream(native, NGHTTP2_FLAG_NONE, id, NGHTTP2_REFUSED_STREAM);
    begin_block(session, nullptr);
    return 0;
  }
  stream->session_ = &session;
  stream->id_ = id;
  nghttp2_session_set_stream_user_data(native, id, stream);
  begin_block(session, stream);
  return 0;
}

int SessionCallbacks::on_header(nghttp2_session*, const nghttp2_frame*, const std::uint8_t* name,
                                std::size_t name_length, const std::uint8_t* value, std::size_t value_length,
                                std::uint8_t, void* self) {
  Session& session = session_of(self);
  if (session.has_failed_) return 0;
  session.block_size_ += name_length + value_length + 32;
  if (session.block_size_ > kMaxExpansion * session.options_.limits.max_head) {
    session.abuse_ = Abuse::header_expansion;
    session.fail(ErrorCode::enhance_your_calm, describe(Abuse::header_expansion).text);
  } else if (session.head_of_ != nullptr) {
    session.reader_.add(text(name, name_length), text(value, value_length));
  }
  return 0;
}

void SessionCallbacks::end_block(Session& session, Stream& stream, bool ends) {
  session.head_of_ = nullptr;
  if (session.block_size_ > session.options_.limits.max_head) session.use(Abuse::header_expansion);
  if (stream.received_head_) {
    const HeadCheck check = session.reader_.finish_trailers(ends);
    return check.is_ok() ? end_content(session, stream) : session.fail_message(stream);
  }
  const bool is_server = session.options_.role == Session::Role::server;
  const HeadCheck check = is_server ? session.reader_.finish_request(session.options_.policy, ends)
                                    : session.reader_.finish_response(stream.request_method(), ends);
  const bool is_interim = !is_server && check.is_ok() && session.reader_.status() < 200;
  stream.received_head_ = !is_interim;
  if (const auto length = session.reader_.announced_length(); length && !is_interim) {
    stream.counts_content_ = true;
    stream.content_left_ = *length;
  }
  stream.received_end_ = ends;
  if (check.malformed) session.reset(stream, ErrorCode::protocol_error);
  stream.on_head(check);
}

// The content ended: it is as long as was announced, or the message is malformed (RFC 9113 section 8.1.1); so it is
// without a final head (section 8.1).
void SessionCallbacks::end_content(Session& session, Stream& stream) {
  const bool is_short = stream.counts_content_ && stream.content_left_ != 0;
  if (is_short || !stream.received_head_) return session.fail_message(stream);
  stream.received_end_ = true;
  stream.on_end();
}

int SessionCallbacks::on_data_chunk(nghttp2_session* native, std::uint8_t, std::int32_t id, const std::uint8_t* data,
                                    std::size_t length, void* self) {
  Session& session = session_of(self);
  Stream* const stream = stream_of(native, id);
  if (stream == nullptr || session.has_failed_) {
    nghttp2_session_consume(native, id, length);
    return 0;
  }
  session.guard_.allow(Abuse::ping_flood, 1);
  if (!stream->received_head_ || (stream->counts_content_ && length > stream->content_left_)) {
    nghttp2_session_consume(native, id, length);
    session.fail_message(*stream);
    return 0;
  }
  if (stream->counts_content_) stream->content_left_ -= length;
  stream->on_data(text(data, length));
  return 0;
}

int SessionCallbacks::on_frame_recv(nghttp2_session* native, const nghttp2_frame* frame, void* self) {
  Session& session = session_of(self);
  if (session.has_failed_) return 0;
  Stream* const stream = frame->hd.stream_id != 0 ? stream_of(native, frame->hd.stream_id) : nullptr;
  switch (frame->hd.type) {
    case NGHTTP2_HEADERS:
      session.is_inside_head_ = false;
      if (stream != nullptr) end_block(session, *stream, ends_stream(frame->hd));
      break;
    case NGHTTP2_DATA:
      if (stream != nullptr && ends_stream(frame->hd)) end_content(session, *stream);
      break;
    case NGHTTP2_RST_STREAM:
      if (stream != nullptr && session.options_.role == Session::Role::server) session.use(Abuse::rapid_reset);
      break;
    case NGHTTP2_SETTINGS:
      if (!is_ack(frame->hd)) session.owner_.on_settings();
      break;
    case NGHTTP2_PING:
      if (is_ack(frame->hd)) session.owner_.on_pong();
      break;
    case NGHTTP2_GOAWAY:
      session.owner_.on_goaway(static_cast<ErrorCode>(frame->goaway.error_code));
      break;
    default:
      break;
  }
  return 0;
}

int SessionCallbacks::on_invalid_frame(nghttp2_session*, const nghttp2_frame*, int error, void* self) {
  session_of(self).error_text_ = nghttp2_strerror(error);
  return 0;
}

void SessionCallbacks::on_reset_sent(Session& session, ErrorCode code) {
  session.owner_.on_reset_sent(code);
  if (is_caused_by_peer(code)) session.use(Abuse::made_you_reset);
}

// Our message is complete: who left its stream before wants nothing more of the client's.
void SessionCallbacks::on_end_sent(nghttp2_session* native, std::int32_t id) {
  if (Stream* const stream = stream_of(native, id)) {
    stream->end_is_out_ = true;
  } else if (nghttp2_session_get_stream_remote_close(native, id) == 0) {
    nghttp2_submit_rst_stream(native, NGHTTP2_FLAG_NONE, id, NGHTTP2_NO_ERROR);
  }
}

int SessionCallbacks::on_frame_send(nghttp2_session* native, const nghttp2_frame* frame, void* self) {
  Session& session = session_of(self);
  const bool is_message = frame->hd.type == NGHTTP2_DATA || frame->hd.type == NGHTTP2_HEADERS;
  if (is_message && ends_stream(frame->hd)) {
    session.guard_.allow(Abuse::rapid_reset, 1);
    session.guard_.allow(Abuse::continuation_flood, kPiecesOfHead);
    on_end_sent(native, frame->hd.stream_id);
  }
  switch (frame->hd.type) {
    case NGHTTP2_DATA:
      session.guard_.allow(Abuse::ping_flood, 1);
      session.guard_.allow(Abuse::window_update_flood, 2);
      break;
    case NGHTTP2_RST_STREAM:
      session.recent_.was_reset(static_cast<std::uint32_t>(frame->hd.stream_id));
      on_reset_sent(session, static_cast<ErrorCode>(frame->rst_stream.error_code));
      break;
    case NGHTTP2_GOAWAY:
      if (frame->goaway.error_code != NGHTTP2_NO_ERROR) {
        session.error_ = static_cast<ErrorCode>(frame->goaway.error_code);
      }
      break;
    default:
      break;
  }
  return 0;
}

int SessionCallbacks::on_stream_close(nghttp2_session* native, std::int32_t id, std::uint32_t code, void* self) {
  Stream* const stream = stream_of(native, id);
  if (stream == nullptr) return 0;
  Session& session = session_of(self);
  stream->id_ = 0;
  if (session.head_of_ == stream) session.head_of_ = nullptr;
  stream->on_closed(static_cast<ErrorCode>(code));
  return 0;
}

ssize_t SessionCallbacks::read_content(nghttp2_session* native, std::int32_t id, std::uint8_t*, std::size_t length,
                                       std::uint32_t* flags, nghttp2_data_source*, void* self) {
  Session& session = session_of(self);
  Stream* const stream = stream_of(native, id);
  if (stream == nullptr) return NGHTTP2_ERR_DEFERRED;  // its reset is on the way
  const std::size_t room = static_cast<std::size_t>(session.out_end_ - session.out_);
  if (room < 2 * kFrameHeader) return NGHTTP2_ERR_PAUSE;
  const std::size_t size = std::min({length, stream->offered_.size(), room - kFrameHeader});
  const bool takes_all = size == stream->offered_.size();
  if (size == 0 && !stream->offers_end_) {
    stream->waits_for_offer_ = true;
    return NGHTTP2_ERR_DEFERRED;
  }
  *flags |= NGHTTP2_DATA_FLAG_NO_COPY;
  if (!takes_all || !stream->offers_end_) return static_cast<ssize_t>(size);
  *flags |= NGHTTP2_DATA_FLAG_EOF;
  stream->sent_end_ = true;
  if (stream->offered_trailers_ != nullptr && !stream->offered_trailers_->empty()) {
    *flags |= NGHTTP2_DATA_FLAG_NO_END_STREAM;
    session.submit_trailers(*stream);
  }
  if (size == 0) session.add_taken(*stream);  // no DATA frame may follow
  return static_cast<ssize_t>(size);
}

int SessionCallbacks::send_data(nghttp2_session* native, nghttp2_frame* frame, const std::uint8_t* header,
                                std::size_t length, nghttp2_data_source*, void* self) {
  Session& session = session_of(self);
  Stream* const stream = stream_of(native, frame->hd.stream_id);
  if (stream == nullptr) return NGHTTP2_ERR_TEMPORAL_CALLBACK_FAILURE;
  std::memcpy(session.out_, header, kFrameHeader);
  if (length > 0) std::memcpy(session.out_ + kFrameHeader, stream->offered_.data(), length);
  session.out_ += kFrameHeader + length;
  stream->offered_.remove_prefix(length);
  if (length > 0 && stream->offered_.empty()) session.add_taken(*stream);
  return 0;
}

}  // namespace outrigger::http::h2
