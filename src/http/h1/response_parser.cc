#include "http/h1/response_parser.h"

#include "http/h1/fields.h"

namespace outrigger::http::h1 {

namespace {

using Status = HeadResult::Status;

HeadResult failed(std::string_view detail) { return {Status::failed, 0, Failure::upstream_bad_response, detail}; }

bool parse_status_line(std::string_view line, ResponseHead& out) {
  if (!line.starts_with("HTTP/1.") || line.size() < 12 || line[8] != ' ') return false;
  if (line[7] != '0' && line[7] != '1') return false;
  out.version = line[7] == '0' ? Version::http10 : Version::http11;
  unsigned status = 0;
  for (const char c : line.substr(9, 3)) {
    if (c < '0' || c > '9') return false;
    status = status * 10 + static_cast<unsigned>(c - '0');
  }
  if (status < 100) return false;
  out.status = static_cast<std::uint16_t>(status);
  if (line.size() == 12) return true;
  if (line[12] != ' ') return false;
  out.reason = line.substr(13);
  for (const char c : out.reason) {
    const auto u = static_cast<unsigned char>(c);
    if ((u < 0x20 && u != '\t') || u == 0x7f) return false;
  }
  return true;
}

// RFC 9112 section 6.3 steps 1, 2 and 8.
bool has_no_content(Method method, std::uint16_t status) {
  return method == Method::head || status < 200 || status == 204 || status == 304;
}

constexpr std::string_view kStart = "HTTP/1.";

}  // namespace

HeadResult parse_response_head(std::string_view input, std::size_t& scanned, const HeadLimits& limits, Method method,
                               ResponseHead& out) {
  if (input.substr(0, kStart.size()) != kStart.substr(0, input.size())) return failed("not HTTP/1");
  const std::size_t size = find_head_end(input, scanned);
  if (size == std::string_view::npos ? input.size() >= limits.max_head : size > limits.max_head) {
    return {Status::failed, 0, Failure::upstream_head_too_large, "limit"};
  }
  if (size == std::string_view::npos) return {};
  const auto line_end = input.find('\n');
  if (input[line_end - 1] != '\r') return failed("bare LF");
  if (!parse_status_line(input.substr(0, line_end - 1), out)) return failed("status line");
  const auto error = parse_fields(input.substr(line_end + 1, size - line_end - 1), limits.max_fields, out.headers);
  if (!error.empty()) return failed(error);
  const FieldFraming framing = framing_of(out.headers, out.version);
  if (framing.failure != Failure::none) return failed(framing.detail);
  out.content_length = framing.length;
  out.keep_alive = keeps_alive(out.headers, out.version);
  if (has_no_content(method, out.status)) {
    out.framing = Framing::none;
  } else if (framing.framing == Framing::none && !framing.has_length) {
    out.framing = Framing::until_close;
  } else {
    out.framing = framing.framing;
  }
  return {Status::complete, size};
}

}  // namespace outrigger::http::h1
