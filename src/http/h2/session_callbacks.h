#pragma once

#include <nghttp2/nghttp2.h>

#include "http/h2/session.h"

namespace outrigger::http::h2 {

// What nghttp2 calls. Each function belongs to the callback of its name; all are told the session as `self`.
struct SessionCallbacks {
  // Made once, the same for every session.
  static const nghttp2_session_callbacks* all();
  static ssize_t read_content(nghttp2_session* native, std::int32_t id, std::uint8_t* buffer, std::size_t length,
                              std::uint32_t* flags, nghttp2_data_source* source, void* self);

 private:
  static int on_begin_headers(nghttp2_session* native, const nghttp2_frame* frame, void* self);
  static int on_header(nghttp2_session* native, const nghttp2_frame* frame, const std::uint8_t* name,
                       std::size_t name_length, const std::uint8_t* value, std::size_t value_length, std::uint8_t flags,
                       void* self);
  static int on_data_chunk(nghttp2_session* native, std::uint8_t flags, std::int32_t id, const std::uint8_t* data,
                           std::size_t length, void* self);
  static int on_frame_recv(nghttp2_session* native, const nghttp2_frame* frame, void* self);
  static int on_invalid_frame(nghttp2_session* native, const nghttp2_frame* frame, int error, void* self);
  static int on_frame_send(nghttp2_session* native, const nghttp2_frame* frame, void* self);
  static int on_stream_close(nghttp2_session* native, std::int32_t id, std::uint32_t code, void* self);
  static int send_data(nghttp2_session* native, nghttp2_frame* frame, const std::uint8_t* header, std::size_t length,
                       nghttp2_data_source* source, void* self);

  static void begin_block(Session& session, Stream* stream);
  static void end_block(Session& session, Stream& stream, bool ends);
  static void end_content(Session& session, Stream& stream);
  static void on_end_sent(nghttp2_session* native, std::int32_t id);
  static void on_reset_sent(Session& session, ErrorCode code);
};

}  // namespace outrigger::http::h2
