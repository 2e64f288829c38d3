#include "http/h1/body_decoder.h"

#include <algorithm>
#include <bit>
#include <cstring>

#include "base/hex.h"
#include "http/h1/fields.h"
#include "http/h1/framing.h"
#include "http/h1/scan.h"
#include "http/h1/trailers.h"

namespace outrigger::http::h1 {

namespace {

constexpr unsigned kMaxDigits = 16;
constexpr unsigned kMaxLineExtension = 4 * 1024;
constexpr unsigned kMaxBodyExtension = 16 * 1024;
constexpr std::size_t kMaxTrailers = 8 * 1024;
constexpr std::size_t kMaxTrailerFields = 32;

}  // namespace

BodyDecoder::BodyDecoder(Framing framing, std::uint64_t length, Arena* trailers_arena, Sizes sizes)
    : framing_(framing), sizes_(sizes), left_(framing == Framing::length ? length : 0), arena_(trailers_arena) {
  if (framing == Framing::chunked) {
    state_ = State::size_first;
  } else if (framing != Framing::until_close && left_ == 0) {
    state_ = State::done;
  }
}

BodyDecoder::Step BodyDecoder::step(std::string_view input) {
  if (state_ == State::done) return {0, {}, Step::State::done};
  if (state_ == State::failed) return {0, {}, Step::State::failed};
  return framing_ == Framing::chunked ? chunked_step(input) : content_step(input);
}

std::uint64_t BodyDecoder::plain_left() const {
  if (state_ != State::content) return 0;
  return ends_with_connection() ? UINT64_MAX : left_;
}

void BodyDecoder::skip(std::uint64_t bytes) {
  if (ends_with_connection()) return;
  left_ -= bytes;
  if (left_ == 0) state_ = State::done;
}

bool BodyDecoder::on_eof() {
  if (ends_with_connection()) state_ = State::done;
  return done();
}

BodyDecoder::Step BodyDecoder::content_step(std::string_view input) {
  if (framing_ == Framing::until_close) return {input.size(), input, Step::State::need_input};
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
  left_ -= size;
  if (left_ == 0) state_ = State::done;
  return {size, input.substr(0, size), done() ? Step::State::done : Step::State::need_input};
}

BodyDecoder::Step BodyDecoder::fail(std::size_t consumed, std::string_view error) {
  state_ = State::failed;
  error_ = error;
  return {consumed, {}, Step::State::failed};
}

BodyDecoder::Step BodyDecoder::chunked_step(std::string_view input) {
  for (std::size_t at = 0; at < input.size(); ++at) {
    if (state_ == State::chunk) {
      const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size() - at));
      left_ -= size;
      if (left_ == 0) state_ = State::chunk_cr;
      const bool is_all = at + size == input.size();
      return {at + size, input.substr(at, size), is_all ? Step::State::need_input : Step::State::more};
    }
    if (state_ == State::trailers) return trailer_step(input, at);
    if (const auto error = take(input[at]); !error.empty()) return fail(at, error);
  }
  return {input.size(), {}, Step::State::need_input};
}

// One byte that is neither content nor trailer. RFC 9112 section 7.1:
//   chunk = chunk-size [ chunk-ext ] CRLF chunk-data CRLF
std::string_view BodyDecoder::take(char c) {
  switch (state_) {
    case State::size_first:
    case State::size:
      return take_digit(c);
    case State::padding:
      return end_size(c);
    case State::extension:
      return take_extension(c);
    case State::size_lf:
      if (c != '\n') return "bare CR in a chunk line";
      end_size_line();
      return {};
    case State::chunk_cr:
      state_ = State::chunk_lf;
      return c == '\r' ? "" : "no CRLF behind a chunk";
    case State::chunk_lf:
      state_ = State::size_first;
      return c == '\n' ? "" : "no CRLF behind a chunk";
    default:
      return "state";
  }
}

std::string_view BodyDecoder::take_digit(char c) {
  if (const int digit = base::hex_value(c); digit >= 0) {
    if (++digits_ > kMaxDigits || left_ > (kMaxLength >> 4)) return "chunk size too large";
    left_ = left_ << 4 | static_cast<unsigned>(digit);
    state_ = State::size;
    return {};
  }
  if (state_ == State::size_first) return "no chunk size";
  return end_size(c);
}

std::string_view BodyDecoder::end_size(char c) {
  if ((c == ' ' || c == '\t') && sizes_ == Sizes::padded) {
    state_ = State::padding;
    return ++line_extension_ > kMaxLineExtension ? "chunk size padded too far" : "";
  }
  if (c != '\r' && c != ';') return c == '\n' ? "bare LF in a chunk line" : "bad character in a chunk size";
  state_ = c == ';' ? State::extension : State::size_lf;
  return {};
}

// RFC 9112 section 7.1.1: unknown extensions are ignored, but not without a limit.
std::string_view BodyDecoder::take_extension(char c) {
  if (c == '\r') {
    state_ = State::size_lf;
    return extension_.is_complete() ? "" : "malformed chunk extension";
  }
  if (const auto error = extension_.take(c); !error.empty()) return error;
  if (++line_extension_ > kMaxLineExtension || ++body_extension_ > kMaxBodyExtension)
    return "chunk extensions too long";
  return {};
}

void BodyDecoder::end_size_line() {
  digits_ = 0;
  line_extension_ = 0;
  extension_.reset();
  state_ = left_ == 0 ? State::trailers : State::chunk;
}

// Trailers are collected until the empty line is there: they are rare, and their lines must be in one piece.
BodyDecoder::Step BodyDecoder::trailer_step(std::string_view input, std::size_t at) {
  const std::string_view rest = input.substr(at);
  if (collected_size_ == 0 && rest.starts_with("\r\n")) {
    state_ = State::done;
    return {at + 2, {}, Step::State::done};
  }
  const std::size_t before = collected_size_;
  collect(rest.substr(0, kMaxTrailers - before));
  const std::string_view lines(collected_, collected_size_);
  const LineScan scan = scan_lines(lines, scanned_);
  if (scan.state == LineScan::State::malformed) return fail(at, scan.reason);
  if (scan.state == LineScan::State::incomplete) {
    if (collected_size_ == kMaxTrailers) return fail(at, "trailers too large");
    return {input.size(), {}, Step::State::need_input};
  }
  if (const auto error = finish_trailers(lines.substr(0, scan.size)); !error.empty()) return fail(at, error);
  state_ = State::done;
  return {at + scan.size - before, {}, Step::State::done};
}

void BodyDecoder::collect(std::string_view bytes) {
  const auto needed = static_cast<std::uint32_t>(collected_size_ + bytes.size());
  if (needed > collected_capacity_) {
    collected_capacity_ = std::bit_ceil(std::max<std::uint32_t>(needed, 256));
    char* const grown = arena_->array<char>(collected_capacity_);
    if (collected_size_ > 0) std::memcpy(grown, collected_, collected_size_);
    collected_ = grown;
  }
  std::memcpy(collected_ + collected_size_, bytes.data(), bytes.size());
  collected_size_ = needed;
}

std::string_view BodyDecoder::finish_trailers(std::string_view lines) {
  Headers fields(*arena_);
  if (const auto error = read_fields(lines, kMaxTrailerFields, fields).error; !error.empty()) return error;
  fields.remove_if([](const Field& field) { return !is_allowed_in_trailers(field); });
  if (!fields.empty()) trailers_ = fields;
  return {};
}

}  // namespace outrigger::http::h1
