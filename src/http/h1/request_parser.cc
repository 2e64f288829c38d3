#include "http/h1/request_parser.h"

#include <algorithm>

#include "http/h1/fields.h"
#include "http/h1/framing.h"
#include "http/h1/scan.h"
#include "http/h1/target.h"
#include "http/hop_by_hop.h"

namespace outrigger::http::h1 {

namespace {

using Status = HeadResult::Status;

HeadResult failed(const Refusal& refusal) { return {Status::failed, 0, refusal.failure, refusal.reason}; }

bool is_digit(char c) { return c >= '0' && c <= '9'; }

Refusal parse_version(std::string_view text, Version& version) {
  if (text == "HTTP/1.1") {
    version = Version::http11;
  } else if (text == "HTTP/1.0") {
    version = Version::http10;
  } else {
    const bool is_version =
        text.size() == 8 && text.starts_with("HTTP/") && is_digit(text[5]) && text[6] == '.' && is_digit(text[7]);
    return {is_version ? Failure::unsupported_version : Failure::bad_request_line, "version"};
  }
  return {};
}

// RFC 9112 section 3.2.2. Leaves the origin form in `target`.
Refusal parse_absolute_form(std::string_view& target, RequestHead& out) {
  const auto colon = target.find(':');
  const auto scheme = target.substr(0, colon);
  if (equals_ignoring_case(scheme, "http")) {
    out.scheme = "http";
  } else if (equals_ignoring_case(scheme, "https")) {
    out.scheme = "https";
  }
  if (out.scheme.empty() || !target.substr(scheme.size()).starts_with("://")) {
    return {Failure::bad_target, "neither a path nor an http URL"};
  }
  target.remove_prefix(scheme.size() + 3);
  const auto path_at = std::min(target.find_first_of("/?"), target.size());
  out.authority = target.substr(0, path_at);
  if (!is_authority(out.authority)) return {Failure::bad_host, "malformed authority in the target"};
  target.remove_prefix(path_at);
  if (target.empty() && out.method == Method::options) {
    target = "*";  // RFC 9112 section 3.2.4
  } else if (!target.starts_with('/')) {
    target = target.empty() ? "/" : out.headers.arena().concat("/", target);
  }
  return {};
}

// RFC 9112 section 3.2: the four forms of a target.
Refusal parse_target(std::string_view target, PathPolicy policy, RequestHead& out) {
  if (out.method == Method::connect) return {Failure::connect_refused, "CONNECT"};
  if (const auto error = check_target(target); !error.empty()) return {Failure::bad_target, error};
  if (target == "*") {
    if (out.method != Method::options) return {Failure::bad_target, "\"*\" is for OPTIONS"};
  } else if (!target.starts_with('/')) {
    if (const Refusal refusal = parse_absolute_form(target, out)) return refusal;
  }
  out.target = target;
  return apply_path_policy(policy, out);
}

// RFC 9112 section 3: method SP request-target SP HTTP-version, one blank each.
Refusal parse_request_line(std::string_view line, const HeadLimits& limits, PathPolicy policy, RequestHead& out) {
  const auto method_end = line.find(' ');
  out.method_token = line.substr(0, method_end);
  if (!is_token(out.method_token)) return {Failure::bad_request_line, "the method is no token"};
  out.method = method_of(out.method_token);
  if (method_end == std::string_view::npos) return {Failure::bad_request_line, "no target"};
  line.remove_prefix(method_end + 1);
  const auto target_end = line.find(' ');
  if (target_end == 0) return {Failure::bad_request_line, "two blanks"};
  if (target_end == std::string_view::npos) return {Failure::bad_request_line, "no version"};
  if (const Refusal refusal = parse_version(line.substr(target_end + 1), out.version)) return refusal;
  if (target_end > limits.max_target) return {Failure::target_too_long, "max_target"};
  return parse_target(line.substr(0, target_end), policy, out);
}

// RFC 9112 section 3.2: one valid Host, which HTTP/1.1 must have; an absolute target takes its place.
Refusal check_host(RequestHead& out) {
  const Field* host = out.headers.find(FieldId::host);
  if (host == nullptr && out.version == Version::http11) return {Failure::bad_host, "no Host"};
  if (out.headers.is_repeated(FieldId::host)) return {Failure::bad_host, "repeated Host"};
  const bool is_absolute = !out.scheme.empty();
  if (host != nullptr && !is_authority(host->value) && !(is_absolute && host->value.empty())) {
    return {Failure::bad_host, "malformed Host"};
  }
  if (!is_absolute) {
    if (host != nullptr) out.authority = host->value;
  } else if (host == nullptr || host->value != out.authority) {
    out.headers.set(field_name(FieldId::host), out.authority);
  }
  return {};
}

// What the fields say together.
Refusal check_fields(const FieldLines& lines, bool keeps_underscores, RequestHead& out) {
  if (lines.has_underscore) {
    if (const Refusal refusal = apply_underscore_policy(keeps_underscores, out.headers)) return refusal;
  }
  if (const Refusal refusal = check_host(out)) return refusal;
  if (out.headers.has_any(kFramingFields)) {
    const FieldFraming framing = framing_of(out.headers, out.version);
    if (framing.failure != Failure::none) return {framing.failure, framing.reason};
    out.framing = framing.framing;
    out.content_length = framing.length;
  }
  out.keep_alive = keeps_alive(out.headers, out.version);
  drop_named_by_connection(out.headers);
  // RFC 9110 section 10.1.1: ignored in HTTP/1.0, and without content there is nothing to wait for.
  const Field* expect = out.headers.find(FieldId::expect);
  out.expects_continue = expect != nullptr && out.version == Version::http11 && out.framing != Framing::none &&
                         equals_ignoring_case(expect->value, "100-continue");
  return {};
}

struct Parsed {
  std::size_t size = 0;  // of the head; 0: refused, or incomplete
  Refusal refusal{};
};

// The fields behind a request line of `line_size` bytes.
Parsed parse_rest(std::string_view text, std::size_t line_size, const HeadLimits& limits, RequestHead& out) {
  const FieldLines lines = read_fields(text.substr(line_size), limits.max_fields, out.headers);
  if (lines.size == 0) {
    return {0, {lines.error == kTooManyFields ? Failure::too_many_fields : Failure::bad_header, lines.error}};
  }
  if (line_size + lines.size > limits.max_head) return {};
  if (const Refusal refusal = check_fields(lines, limits.keeps_underscores, out)) return {0, refusal};
  return {line_size + lines.size, {}};
}

Parsed parse_head(std::string_view text, const HeadLimits& limits, PathPolicy policy, RequestHead& out) {
  const auto line_end = text.find('\r');
  if (const Refusal refusal = parse_request_line(text.substr(0, line_end), limits, policy, out)) return {0, refusal};
  return parse_rest(text, line_end + 2, limits, out);
}

constexpr std::string_view kBehindTarget = " HTTP/1.1\r\n";

// A request line with a path for its target, as nearly all have. Its size with CRLF; 0 when parse_request_line must
// look.
std::size_t read_usual_line(std::string_view text, const HeadLimits& limits, PathPolicy policy, RequestHead& out) {
  const char* at = text.data();
  const char* const end = at + text.size();
  while (at != end && is_token_char(*at)) ++at;
  const auto method_size = static_cast<std::size_t>(at - text.data());
  if (end - at < 2 || at == text.data() || at[0] != ' ' || at[1] != '/') return 0;
  const char* const target = ++at;
  const unsigned classes = target_classes(at, end);
  const auto target_size = static_cast<std::size_t>(at - target);
  if (static_cast<std::size_t>(end - at) < kBehindTarget.size() || target_size > limits.max_target) return 0;
  const std::string_view behind(at, kBehindTarget.size());
  if (behind == kBehindTarget) {
    out.version = Version::http11;
  } else if (behind == " HTTP/1.0\r\n") {
    out.version = Version::http10;
  } else {
    return 0;
  }
  out.method_token = text.substr(0, method_size);
  out.method = method_of(out.method_token);
  if (out.method == Method::connect) return 0;
  out.target = {target, target_size};
  if ((classes & kMayBeRefused) != 0 && !check_target(out.target).empty()) return 0;
  if ((classes & kMayBeAmbiguous) != 0 && apply_path_policy(policy, out)) return 0;
  return method_size + 1 + target_size + kBehindTarget.size();
}

// Does the front look like a method? A TLS hello or a binary protocol is told apart by its first bytes.
bool can_begin(std::string_view head) {
  constexpr std::size_t kLooked = 24;
  for (std::size_t i = 0; i < std::min(head.size(), kLooked); ++i) {
    if (head[i] == ' ') return i > 0;
    if (!is_token_char(head[i])) return false;
  }
  return true;
}

// Is the head that has not ended yet too long already? 414 when it is still in its target, else 431.
HeadResult check_growth(std::string_view head, const HeadLimits& limits) {
  if (head.size() > limits.max_target) {
    const auto blank = head.find(' ');
    const auto begun = blank == std::string_view::npos ? std::string_view{} : head.substr(blank + 1);
    if (begun.size() > limits.max_target && begun.find_first_of(" \r") > limits.max_target) {
      return failed({Failure::target_too_long, "max_target"});
    }
  }
  return head.size() < limits.max_head ? HeadResult{} : failed({Failure::head_too_large, "max_head"});
}

}  // namespace

// A head that came whole and right, as nearly all do, is read in one pass. All else goes the careful way: find its end
// first, however it trickles in, and see what is wrong.
HeadResult parse_request_head(std::string_view input, std::size_t& scanned, const HeadLimits& limits, PathPolicy policy,
                              RequestHead& out) {
  const std::size_t skipped = input.starts_with("\r\n") ? 2 : 0;
  const std::string_view head = input.substr(skipped);
  if (scanned == 0) {
    if (const auto line_size = read_usual_line(head, limits, policy, out); line_size != 0) {
      const Parsed parsed = parse_rest(head, line_size, limits, out);
      if (parsed.size != 0) return {Status::complete, parsed.size + skipped, Failure::none, {}};
    }
    out = RequestHead(out.headers.arena());
  }
  if (input.empty() || input == "\r") return {};
  if (!can_begin(head)) return failed({Failure::bad_request_line, "the method is no token"});
  std::size_t seen = scanned - std::min(scanned, skipped);
  const LineScan scan = scan_lines(head, seen);
  scanned = seen + skipped;
  if (scan.state == LineScan::State::incomplete) return check_growth(head, limits);
  if (scan.state == LineScan::State::malformed) {
    const bool in_fields = head.substr(0, scan.size).contains('\n');
    return failed({in_fields ? Failure::bad_header : Failure::bad_request_line, scan.reason});
  }
  if (scan.size > limits.max_head) return check_growth(head.substr(0, scan.size), limits);
  const Parsed parsed = parse_head(head.substr(0, scan.size), limits, policy, out);
  if (parsed.size == 0) return failed(parsed.refusal);
  return {Status::complete, parsed.size + skipped, Failure::none, {}};
}

}  // namespace outrigger::http::h1
