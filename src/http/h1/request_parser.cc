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
  const auto host = out.headers.get(FieldId::host);
  if (!host && out.version == Version::http11) return {Failure::bad_host, "no Host"};
  if (out.headers.count(FieldId::host) > 1) return {Failure::bad_host, "repeated Host"};
  const bool is_absolute = !out.scheme.empty();
  if (host && !is_authority(*host) && !(is_absolute && host->empty())) return {Failure::bad_host, "malformed Host"};
  if (!is_absolute) {
    out.authority = host.value_or(std::string_view{});
  } else if (host != out.authority) {
    out.headers.set(field_name(FieldId::host), out.authority);
  }
  return {};
}

Refusal parse_head(std::string_view head, const HeadLimits& limits, PathPolicy policy, RequestHead& out) {
  const auto line_end = head.find('\r');
  if (const Refusal refusal = parse_request_line(head.substr(0, line_end), limits, policy, out)) return refusal;
  const auto error = parse_fields(head.substr(line_end + 2), limits.max_fields, out.headers);
  if (!error.empty()) return {error == kTooManyFields ? Failure::too_many_fields : Failure::bad_header, error};
  if (const Refusal refusal = check_imitations(out.headers)) return refusal;
  if (const Refusal refusal = check_host(out)) return refusal;
  const FieldFraming framing = framing_of(out.headers, out.version);
  if (framing.failure != Failure::none) return {framing.failure, framing.reason};
  out.framing = framing.framing;
  out.content_length = framing.length;
  out.keep_alive = keeps_alive(out.headers, out.version);
  drop_named_by_connection(out.headers);
  // RFC 9110 section 10.1.1: ignored in HTTP/1.0, and without content there is nothing to wait for.
  const auto expect = out.headers.get(FieldId::expect);
  out.expects_continue = expect && out.version == Version::http11 && out.framing != Framing::none &&
                         equals_ignoring_case(*expect, "100-continue");
  return {};
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

HeadResult parse_request_head(std::string_view input, std::size_t& scanned, const HeadLimits& limits, PathPolicy policy,
                              RequestHead& out) {
  if (input.empty() || input == "\r") return {};
  const std::size_t skipped = input.starts_with("\r\n") ? 2 : 0;
  const std::string_view head = input.substr(skipped);
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
  if (const Refusal refusal = parse_head(head.substr(0, scan.size), limits, policy, out)) return failed(refusal);
  return {Status::complete, scan.size + skipped, Failure::none, {}};
}

}  // namespace outrigger::http::h1
