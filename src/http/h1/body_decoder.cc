#include "http/h1/body_decoder.h"

#include <algorithm>

#include "http/h1/fields.h"

namespace outrigger::http::h1 {

namespace {

constexpr std::size_t kMaxLine = 4096;
constexpr std::size_t kMaxTrailers = 8192;
constexpr std::size_t kMaxTrailerFields = 32;

int hex_value(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

// RFC 9110 section 6.5.1: fields that frame, route or authenticate have no meaning in trailers.
bool may_trail(const Field& field) {
  switch (field.id) {
    case FieldId::content_length:
    case FieldId::transfer_encoding:
    case FieldId::host:
    case FieldId::connection:
    case FieldId::keep_alive:
    case FieldId::te:
    case FieldId::trailer:
    case FieldId::upgrade:
    case FieldId::expect:
    case FieldId::authorization:
    case FieldId::cookie:
    case FieldId::set_cookie:
    case FieldId::content_type:
    case FieldId::forwarded:
    case FieldId::x_forwarded_for:
    case FieldId::x_forwarded_proto:
    case FieldId::x_forwarded_host:
      return false;
    default:
      return true;
  }
}

}  // namespace

BodyDecoder::Step BodyDecoder::step(std::string_view input) {
  if (state_ == State::done) return {0, {}, Step::State::done};
  if (state_ == State::failed) return {0, {}, Step::State::failed};
  return framing_ == Framing::chunked ? chunked_step(input) : data_step(input);
}

BodyDecoder::Step BodyDecoder::data_step(std::string_view input) {
  if (input.empty()) return {};
  if (framing_ == Framing::until_close) return {input.size(), input, Step::State::need_input};
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size()));
  left_ -= size;
  if (left_ == 0) state_ = State::done;
  return {size, input.substr(0, size), left_ == 0 ? Step::State::done : Step::State::need_input};
}

BodyDecoder::Step BodyDecoder::fail(std::size_t consumed) {
  state_ = State::failed;
  return {consumed, {}, Step::State::failed};
}

// One character of "1f4;extension\r\n"; false if it can't stand there.
bool BodyDecoder::take_size(char c) {
  if (++line_ > kMaxLine) return false;
  if (saw_cr_) {
    if (c != '\n' || digits_ == 0) return false;
    saw_cr_ = in_extension_ = false;
    state_ = left_ == 0 ? State::trailers : State::chunk;
    digits_ = line_ = 0;
    return true;
  }
  if (c == '\r') return saw_cr_ = true;
  if (in_extension_) return c == '\t' || (static_cast<unsigned char>(c) >= 0x20 && c != 0x7f);
  if (c == ';') return in_extension_ = digits_ > 0;
  const int digit = hex_value(c);
  if (digit < 0 || ++digits_ > 15) return false;
  left_ = left_ * 16 + static_cast<std::uint64_t>(digit);
  return true;
}

BodyDecoder::Step BodyDecoder::payload_step(std::string_view input, std::size_t consumed) {
  const auto size = static_cast<std::size_t>(std::min<std::uint64_t>(left_, input.size() - consumed));
  left_ -= size;
  if (left_ == 0) state_ = State::chunk_end;
  return {consumed + size, input.substr(consumed, size), Step::State::more};
}

BodyDecoder::Step BodyDecoder::chunked_step(std::string_view input) {
  std::size_t at = 0;
  while (at < input.size()) {
    switch (state_) {
      case State::size:
        if (!take_size(input[at++])) return fail(at);
        break;
      case State::chunk:
        return payload_step(input, at);
      case State::chunk_end: {
        const char c = input[at++];
        if (c != (saw_cr_ ? '\n' : '\r')) return fail(at);
        if (saw_cr_) state_ = State::size;
        saw_cr_ = !saw_cr_;
        break;
      }
      case State::trailers: {
        // Up to and with one line; the empty line ends the body.
        const auto newline = input.find('\n', at);
        const auto end = newline == std::string_view::npos ? input.size() : newline + 1;
        if (collected_.size() + (end - at) > kMaxTrailers) return fail(end);
        collected_ = arena_->concat(collected_, input.substr(at, end - at));
        at = end;
        if (newline == std::string_view::npos) break;
        if (collected_ == "\r\n" || collected_.ends_with("\r\n\r\n")) {
          if (!take_trailers()) return fail(at);
          state_ = State::done;
          return {at, {}, Step::State::done};
        }
        if (collected_.ends_with("\n\n") || !collected_.ends_with("\r\n")) return fail(at);
        break;
      }
      default:
        return fail(at);
    }
  }
  return {at, {}, Step::State::need_input};
}

bool BodyDecoder::take_trailers() {
  Headers all(*arena_);
  if (!parse_fields(collected_, kMaxTrailerFields, all).empty()) return false;
  if (all.empty()) return true;
  all.remove_if([](const Field& field) { return !may_trail(field); });
  trailers_ = all;
  return true;
}

}  // namespace outrigger::http::h1
