#include "http/h1/response_parser.h"

#include "http/h1/fields.h"
#include "http/h1/framing.h"
#include "http/h1/scan.h"
#include "http/hop_by_hop.h"

namespace outrigger::http::h1 {

namespace {

using Status = HeadResult::Status;

constexpr std::string_view kStart = "HTTP/1.";

HeadResult failed(std::string_view reason) { return {Status::failed, 0, Failure::upstream_bad_response, reason}; }
HeadResult too_large(std::string_view reason) { return {Status::failed, 0, Failure::upstream_head_too_large, reason}; }

// RFC 9112 section 4: HTTP-version SP status-code SP [ reason-phrase ]. The second blank may be missing, as servers
// without a phrase leave it out.
bool parse_status_line(std::string_view line, ResponseHead& out) {
  constexpr std::size_t kCodeAt = 9;
  constexpr std::size_t kCodeEnd = 12;
  if (!line.starts_with(kStart) || line.size() < kCodeEnd || line[8] != ' ') return false;
  if (line[7] != '0' && line[7] != '1') return false;
  out.version = line[7] == '0' ? Version::http10 : Version::http11;
  unsigned status = 0;
  for (const char c : line.substr(kCodeAt, kCodeEnd - kCodeAt)) {
    if (c < '0' || c > '9') return false;
    status = status * 10 + static_cast<unsigned>(c - '0');
  }
  out.status = static_cast<std::uint16_t>(status);
  if (line.size() > kCodeEnd) {
    if (line[kCodeEnd] != ' ') return false;
    out.reason = line.substr(kCodeEnd + 1);
  }
  const char* const reason_end = out.reason.data() + out.reason.size();
  return status >= 100 && find_control(out.reason.data(), reason_end) == reason_end;
}

// RFC 9112 section 6.3 steps 1 and 2 (CONNECT aside, which we never send).
bool has_no_content(Method method, std::uint16_t status) {
  return method == Method::head || status < 200 || status == 204 || status == 304;
}

HeadResult set_framing(Method request_method, ResponseHead& out) {
  const FieldFraming framing = framing_of(out.headers, out.version);
  if (framing.failure != Failure::none) return failed(framing.reason);
  out.content_length = framing.length;
  out.keep_alive = keeps_alive(out.headers, out.version);
  drop_named_by_connection(out.headers);
  if (has_no_content(request_method, out.status)) {
    out.framing = Framing::none;
    if (framing.framing != Framing::none && out.status < 200) return failed("content in an interim response");
    if (framing.framing != Framing::none && out.status == 204) out.keep_alive = false;
    if (out.status == 101) {
      out.framing = Framing::until_close;
      out.keep_alive = false;
    }
  } else if (framing.framing == Framing::none && !framing.has_length) {
    out.framing = Framing::until_close;
    out.keep_alive = false;
  } else {
    out.framing = framing.framing;
  }
  return {Status::complete, 0, Failure::none, {}};
}

// The whole head at the front of `input` if it is there and right, else 0 bytes.
std::size_t read_head(std::string_view input, const HeadLimits& limits, ResponseHead& out, std::string_view& error) {
  const auto line_end = input.find('\r');
  if (line_end == std::string_view::npos || line_end + 2 > input.size() || input[line_end + 1] != '\n') return 0;
  if (!parse_status_line(input.substr(0, line_end), out)) {
    error = "status line";
    return 0;
  }
  const FieldLines lines = read_fields(input.substr(line_end + 2), limits.max_fields, out.headers);
  error = lines.error;
  return lines.size == 0 || line_end + 2 + lines.size > limits.max_head ? 0 : line_end + 2 + lines.size;
}

HeadResult finish(std::size_t size, Method request_method, ResponseHead& out) {
  HeadResult result = set_framing(request_method, out);
  if (result.status == Status::complete) result.consumed = size;
  return result;
}

}  // namespace

// A head that came whole and right, as nearly all do, is read in one pass. All else goes the careful way: find its end
// first, however it trickles in, and see what is wrong.
HeadResult parse_response_head(std::string_view input, std::size_t& scanned, const HeadLimits& limits,
                               Method request_method, ResponseHead& out) {
  std::string_view error;
  if (scanned == 0) {
    if (const auto size = read_head(input, limits, out, error); size != 0) return finish(size, request_method, out);
    out = ResponseHead(out.headers.arena());
  }
  if (input.substr(0, kStart.size()) != kStart.substr(0, input.size())) return failed("not HTTP/1");
  const LineScan scan = scan_lines(input, scanned);
  if (scan.state == LineScan::State::malformed) return failed(scan.reason);
  if (scan.state == LineScan::State::incomplete) {
    return input.size() < limits.max_head ? HeadResult{} : too_large("max_head");
  }
  if (scan.size > limits.max_head) return too_large("max_head");
  const auto size = read_head(input.substr(0, scan.size), limits, out, error);
  if (size == 0) return error == kTooManyFields ? too_large(error) : failed(error);
  return finish(size, request_method, out);
}

}  // namespace outrigger::http::h1
