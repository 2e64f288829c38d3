#include "http/h1/body_decoder.h"
#include "http/h1/request_parser.h"
#include "reading.h"

namespace outrigger::differential {

namespace {

using namespace outrigger::http::h1;

// Bytes that the body took from the front of `input`.
std::size_t read_body(const RequestHead& head, std::string_view input, Arena& arena, Reading& reading) {
  BodyDecoder decoder(head.framing, head.content_length, &arena);
  for (std::size_t at = 0;;) {
    const auto step = decoder.step(input.substr(at));
    reading.body += step.payload;
    at += step.consumed;
    if (step.state == BodyDecoder::Step::State::more) continue;
    reading.is_complete = decoder.done();
    if (step.state == BodyDecoder::Step::State::failed) {
      reading.is_accepted = false;
      reading.error = decoder.error();
    }
    return at;
  }
}

// The target as the client sent it; the head holds what will be forwarded.
std::string received_target(std::string_view input) {
  const auto begin = input.find(' ') + 1;
  return std::string(input.substr(begin, input.find(' ', begin) - begin));
}

HeadResult read_head(std::string_view input, RequestHead& head) {
  std::size_t scanned = 0;
  return parse_request_head(input, scanned, {.keeps_underscores = true}, PathPolicy::keep, head);
}

std::string read_next(std::string_view input) {
  Arena arena;
  RequestHead head(arena);
  if (read_head(input, head).status != HeadResult::Status::complete) return {};
  return std::string(head.method_token) + " " + received_target(input);
}

}  // namespace

Reading read_ours(std::string_view input) {
  Arena arena;
  RequestHead head(arena);
  Reading reading;
  const HeadResult result = read_head(input, head);
  if (result.status != HeadResult::Status::complete) {
    reading.error = result.reason.empty() ? "need more" : result.reason;
    return reading;
  }
  reading.is_accepted = true;
  reading.method = head.method_token;
  reading.target = received_target(input);
  reading.minor = head.version == Version::http11 ? 1 : 0;
  for (const Field& field : head.headers) reading.fields.emplace_back(field.name, field.value);
  reading.is_chunked = head.framing == Framing::chunked;
  reading.length = head.content_length;
  reading.keep_alive = head.keep_alive;
  input.remove_prefix(result.consumed);
  input.remove_prefix(read_body(head, input, arena, reading));
  if (reading.is_complete) reading.next = read_next(input);
  return reading;
}

}  // namespace outrigger::differential
