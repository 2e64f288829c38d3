#include "http/h2/session.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <vector>

#include "http/h2/session_callbacks.h"

namespace outrigger::http::h2 {

namespace {

constexpr std::size_t kLeastRoom = 64;
constexpr std::uint32_t kPrioritySize = 5;

// What a frame counts as, by its header alone.
std::optional<Abuse> kind_of(const FrameHeader& frame) {
  const bool is_ack = (frame.flags & NGHTTP2_FLAG_ACK) != 0;
  switch (frame.type) {
    case NGHTTP2_DATA:
      if (frame.length > 0 || (frame.flags & NGHTTP2_FLAG_END_STREAM) != 0) return std::nullopt;
      return Abuse::empty_data_flood;
    case NGHTTP2_HEADERS:
    case NGHTTP2_RST_STREAM:
    case NGHTTP2_PUSH_PROMISE:
    case NGHTTP2_GOAWAY:
      return std::nullopt;
    case NGHTTP2_SETTINGS:
      return is_ack ? std::nullopt : std::optional(Abuse::settings_flood);
    case NGHTTP2_PING:
      return is_ack ? std::nullopt : std::optional(Abuse::ping_flood);
    case NGHTTP2_PRIORITY:
    case NGHTTP2_PRIORITY_UPDATE:
      return Abuse::priority_flood;
    case NGHTTP2_WINDOW_UPDATE:
      return Abuse::window_update_flood;
    case NGHTTP2_CONTINUATION:
      return Abuse::continuation_flood;
    default:
      return Abuse::unknown_frame_flood;
  }
}

std::uint32_t stream_number(std::string_view payload) {
  std::uint32_t number = 0;
  for (const char byte : payload.substr(0, 4)) number = number << 8 | static_cast<unsigned char>(byte);
  return number & 0x7fffffffU;
}

const nghttp2_option* options() {
  static const nghttp2_option* const made = [] {
    nghttp2_option* option = nullptr;
    nghttp2_option_new(&option);
    nghttp2_option_set_no_auto_window_update(option, 1);
    nghttp2_option_set_no_http_messaging(option, 1);                         // HeadReader is stricter, and says why
    nghttp2_option_set_no_closed_streams(option, 1);                         // memory of streams that are over
    nghttp2_option_set_stream_reset_rate_limit(option, 1U << 20, 1U << 20);  // AbuseGuard counts
    nghttp2_option_set_peer_max_concurrent_streams(option, 100);
    return option;
  }();
  return made;
}

// Fields as the library takes them; it copies them and makes the names lower case.
class Fields {
 public:
  explicit Fields(std::span<const OutField> fields) : size_(fields.size()) {
    if (size_ > few_.size()) many_.resize(size_);
    nghttp2_nv* out = data();
    for (const OutField& field : fields) *out++ = native(field.name, field.value);
  }
  static nghttp2_nv native(std::string_view name, std::string_view value) {
    return {reinterpret_cast<std::uint8_t*>(const_cast<char*>(name.data())),
            reinterpret_cast<std::uint8_t*>(const_cast<char*>(value.data())), name.size(), value.size(),
            NGHTTP2_NV_FLAG_NONE};
  }
  nghttp2_nv* data() { return size_ > few_.size() ? many_.data() : few_.data(); }
  std::size_t size() const { return size_; }

 private:
  std::size_t size_;
  std::array<nghttp2_nv, 64> few_;
  std::vector<nghttp2_nv> many_;
};

constexpr nghttp2_data_provider kContent{.source = {.ptr = nullptr}, .read_callback = &SessionCallbacks::read_content};

std::size_t settings_of(const Session::Options& options, nghttp2_settings_entry (&entries)[4]) {
  const auto window = static_cast<std::uint32_t>(options.stream_window);
  const auto list = static_cast<std::uint32_t>(options.limits.max_head);
  entries[0] = {NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE, window};
  entries[1] = {NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE, list};
  if (options.role == Session::Role::client) {
    entries[2] = {NGHTTP2_SETTINGS_ENABLE_PUSH, 0};
    return 3;
  }
  entries[2] = {NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS, options.max_streams};
  entries[3] = {NGHTTP2_SETTINGS_NO_RFC7540_PRIORITIES, 1};  // RFC 9218 section 2.1
  return 4;
}

}  // namespace

Stream::~Stream() {
  if (session_ == nullptr) return;
  session_->reset(*this, ErrorCode::cancel);
  session_->detach(*this);
}

void Session::FreeNative::operator()(nghttp2_session* session) const { nghttp2_session_del(session); }

Session::Session(Owner& owner, const Options& session_options, std::uint64_t now)
    : owner_(owner),
      options_(session_options),
      guard_(now),
      walk_(session_options.role == Role::server ? NGHTTP2_CLIENT_MAGIC_LEN : 0) {
  nghttp2_session* made = nullptr;
  const bool is_server = options_.role == Role::server;
  const int failed = is_server ? nghttp2_session_server_new2(&made, SessionCallbacks::all(), this, options())
                               : nghttp2_session_client_new2(&made, SessionCallbacks::all(), this, options());
  native_.reset(made);
  if (failed != 0) {
    is_broken_ = true;
    return;
  }
  nghttp2_settings_entry entries[4];
  const std::size_t count = settings_of(options_, entries);
  nghttp2_submit_settings(made, NGHTTP2_FLAG_NONE, entries, count);
  nghttp2_session_set_local_window_size(made, NGHTTP2_FLAG_NONE, 0, options_.connection_window);
}

Session::~Session() = default;

bool Session::receive(std::string_view bytes, std::uint64_t now) {
  if (is_broken_) return false;
  guard_.advance(now);
  begun_.clear();
  walk_.walk(bytes, [this, known = recent_.last()](const FrameHeader& frame, std::string_view payload) {
    look_at(frame, payload, known);
  });
  const ssize_t taken =
      nghttp2_session_mem_recv(native_.get(), reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size());
  if (taken < 0) {
    is_broken_ = true;
    error_text_ = nghttp2_strerror(static_cast<int>(taken));
    error_ = ErrorCode::protocol_error;
    if (taken == NGHTTP2_ERR_FLOODED) abuse_ = Abuse::output_flood;
    if (taken == NGHTTP2_ERR_TOO_MANY_CONTINUATIONS) abuse_ = Abuse::continuation_flood;
    return false;
  }
  owner_.on_output();
  return true;
}

// What the library passes over in silence, or would answer otherwise than it should.
void Session::look_at(const FrameHeader& frame, std::string_view payload, std::uint32_t known) {
  if (const auto kind = kind_of(frame)) use(*kind);
  if (options_.role != Role::server) return;
  if (frame.type == NGHTTP2_DATA || frame.type == NGHTTP2_HEADERS) return check_state(frame, known);
  if (frame.type != NGHTTP2_PRIORITY) return;
  if (frame.stream == 0) return fail(ErrorCode::protocol_error, "PRIORITY on stream 0");
  if (frame.length != kPrioritySize) return fail(ErrorCode::frame_size_error, "PRIORITY of another size");
  if (payload.size() >= 4 && stream_number(payload) == frame.stream) {
    fail(ErrorCode::protocol_error, "a stream that depends on itself");
  }
}

// RFC 9113 section 5.1: a stream that is over stays over, unless we reset it and the client may not know. `known`: the
// last stream before these bytes.
void Session::check_state(const FrameHeader& frame, std::uint32_t known) {
  const auto id = static_cast<std::int32_t>(frame.stream);
  if (frame.stream % 2 == 0) return;
  if (frame.stream > known) return check_order(frame);
  if (nghttp2_session_find_stream(native_.get(), id) != nullptr || recent_.is_reset(frame.stream)) return;
  if (recent_.has(frame.stream)) return fail(ErrorCode::stream_closed, "a frame for a stream that is over");
  if (frame.type == NGHTTP2_HEADERS) fail(ErrorCode::protocol_error, "stream numbers go up");
}

// RFC 9113 section 5.1.1, among the streams that the same bytes open.
void Session::check_order(const FrameHeader& frame) {
  if (frame.type != NGHTTP2_HEADERS) return;
  if (begun_.empty() || frame.stream > begun_.back()) return begun_.push_back(frame.stream);
  if (!std::ranges::binary_search(begun_, frame.stream)) fail(ErrorCode::protocol_error, "stream numbers go up");
}

std::size_t Session::gather(std::span<char> room) {
  out_ = room.data();
  out_end_ = room.data() + room.size();
  const auto left = [&] { return static_cast<std::size_t>(out_end_ - out_); };
  do {
    while (!is_broken_ && left() >= kLeastRoom) {
      if (leftover_.empty()) {
        const std::uint8_t* data = nullptr;
        const ssize_t size = nghttp2_session_mem_send(native_.get(), &data);
        is_broken_ = size < 0;
        if (size <= 0) break;
        leftover_ = {reinterpret_cast<const char*>(data), static_cast<std::size_t>(size)};
      }
      const std::size_t part = std::min(leftover_.size(), left());
      std::memcpy(out_, leftover_.data(), part);
      out_ += part;
      leftover_.remove_prefix(part);
    }
  } while (wake_taken() && left() >= kLeastRoom);
  const auto size = static_cast<std::size_t>(out_ - room.data());
  out_ = out_end_ = nullptr;
  return size;
}

bool Session::has_output() const {
  return !is_broken_ && (!leftover_.empty() || nghttp2_session_want_write(native_.get()) != 0);
}

bool Session::is_over() const {
  return is_broken_ || (leftover_.empty() && nghttp2_session_want_read(native_.get()) == 0 &&
                        nghttp2_session_want_write(native_.get()) == 0);
}

void Session::respond(Stream& stream, std::span<const OutField> fields, bool ends) {
  if (!stream.is_open()) return;
  Fields native(fields);
  nghttp2_submit_response(native_.get(), stream.id_, native.data(), native.size(), ends ? nullptr : &kContent);
  stream.sent_end_ = ends;
  owner_.on_output();
}

void Session::inform(Stream& stream, std::span<const OutField> fields) {
  if (!stream.is_open()) return;
  Fields native(fields);
  nghttp2_submit_headers(native_.get(), NGHTTP2_FLAG_NONE, stream.id_, nullptr, native.data(), native.size(), nullptr);
  owner_.on_output();
}

bool Session::request(Stream& stream, std::span<const OutField> fields, bool ends) {
  if (is_broken_ || has_failed_ || nghttp2_session_check_request_allowed(native_.get()) == 0) return false;
  Fields native(fields);
  const std::int32_t id =
      nghttp2_submit_request(native_.get(), nullptr, native.data(), native.size(), ends ? nullptr : &kContent, &stream);
  if (id < 0) return false;
  stream.session_ = this;
  stream.id_ = id;
  stream.sent_end_ = ends;
  owner_.on_output();
  return true;
}

void Session::offer(Stream& stream, std::string_view bytes, bool ends, const Headers* trailers) {
  if (!stream.is_open()) return;
  stream.offered_ = bytes;
  stream.offers_end_ = ends;
  stream.offered_trailers_ = trailers;
  if (std::exchange(stream.waits_for_offer_, false)) nghttp2_session_resume_data(native_.get(), stream.id_);
  owner_.on_output();
}

void Session::submit_trailers(Stream& stream) {
  std::vector<nghttp2_nv> fields;
  for (const Field& field : *stream.offered_trailers_) fields.push_back(Fields::native(field.name, field.value));
  nghttp2_submit_trailer(native_.get(), stream.id_, fields.data(), fields.size());
}

void Session::reset(Stream& stream, ErrorCode code) {
  if (!stream.is_open()) return;
  const std::int32_t id = stream.id_;
  detach(stream);
  if (is_broken_) return;
  nghttp2_session_set_stream_user_data(native_.get(), id, nullptr);
  nghttp2_submit_rst_stream(native_.get(), NGHTTP2_FLAG_NONE, id, static_cast<std::uint32_t>(code));
  owner_.on_output();
}

void Session::leave(Stream& stream) {
  if (!stream.is_open()) return;
  if (stream.end_is_out_) return reset(stream, ErrorCode::no_error);
  nghttp2_session_set_stream_user_data(native_.get(), stream.id_, nullptr);
  detach(stream);
}

// The peer's message turned out to be malformed behind its head.
void Session::fail_message(Stream& stream) {
  reset(stream, ErrorCode::protocol_error);
  stream.on_closed(ErrorCode::protocol_error);
}

void Session::detach(Stream& stream) {
  stream.id_ = 0;
  if (head_of_ == &stream) head_of_ = nullptr;
  unlink_taken(stream);
}

void Session::consume_stream(Stream& stream, std::size_t bytes) {
  if (!stream.is_open() || is_broken_) return;
  nghttp2_session_consume_stream(native_.get(), stream.id_, bytes);
  owner_.on_output();
}

void Session::consume_connection(std::size_t bytes) {
  if (is_broken_) return;
  nghttp2_session_consume_connection(native_.get(), bytes);
  owner_.on_output();
}

void Session::announce_end() {
  if (is_broken_) return;
  nghttp2_submit_shutdown_notice(native_.get());
  owner_.on_output();
}

void Session::go_away(ErrorCode code) {
  if (is_broken_) return;
  nghttp2_submit_goaway(native_.get(), NGHTTP2_FLAG_NONE, nghttp2_session_get_last_proc_stream_id(native_.get()),
                        static_cast<std::uint32_t>(code), nullptr, 0);
  owner_.on_output();
}

void Session::ping() {
  if (is_broken_) return;
  nghttp2_submit_ping(native_.get(), NGHTTP2_FLAG_NONE, nullptr);
  owner_.on_output();
}

std::uint32_t Session::peer_max_streams() const {
  return is_broken_ ? 0 : nghttp2_session_get_remote_settings(native_.get(), NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS);
}

bool Session::peer_takes_connect_protocol() const {
  return !is_broken_ &&
         nghttp2_session_get_remote_settings(native_.get(), NGHTTP2_SETTINGS_ENABLE_CONNECT_PROTOCOL) == 1;
}

void Session::use(Abuse kind) {
  if (has_failed_ || guard_.use(kind)) return;
  abuse_ = kind;
  fail(ErrorCode::enhance_your_calm, describe(kind).text);
}

void Session::fail(ErrorCode code, std::string_view text) {
  if (has_failed_) return;
  has_failed_ = true;
  error_ = code;
  error_text_ = text;
  nghttp2_session_terminate_session(native_.get(), static_cast<std::uint32_t>(code));
}

void Session::add_taken(Stream& stream) {
  if (std::exchange(stream.in_taken_, true)) return;
  stream.next_taken_ = std::exchange(first_taken_, &stream);
}

// Tells the streams whose offers are taken. True when there was one.
bool Session::wake_taken() {
  if (first_taken_ == nullptr) return false;
  while (first_taken_ != nullptr) {
    Stream& stream = *first_taken_;
    unlink_taken(stream);
    stream.on_taken();
  }
  return true;
}

void Session::unlink_taken(Stream& stream) {
  if (!std::exchange(stream.in_taken_, false)) return;
  for (Stream** at = &first_taken_; *at != nullptr; at = &(*at)->next_taken_) {
    if (*at != &stream) continue;
    *at = stream.next_taken_;
    return;
  }
}

}  // namespace outrigger::http::h2
