#include "http/h1/request_parser.h"

#include <algorithm>

#include "http/h1/fields.h"

namespace outrigger::http::h1 {

namespace {

using Status = HeadResult::Status;

HeadResult failed(Failure failure, std::string_view detail) { return {Status::failed, 0, failure, detail}; }

bool is_hex(char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }

// RFC 3986: what may stand in a path or query; anything else must come encoded. Static text if refused.
std::string_view check_target(std::string_view target) {
  for (std::size_t i = 0; i < target.size(); ++i) {
    const char c = target[i];
    if (c <= 0x20 || c == 0x7f) return "control character or non-ASCII byte in the target";
    if (c == '#') return "fragment in the target";
    if (c == '%' && (target.size() - i < 3 || !is_hex(target[i + 1]) || !is_hex(target[i + 2]))) return "bad encoding";
  }
  return {};
}

// uri-host [ ":" port ], RFC 9110 section 7.2. Empty hosts are refused.
bool is_authority(std::string_view text) {
  std::string_view port;
  if (text.starts_with('[')) {
    const auto end = text.find(']');
    if (end == std::string_view::npos || end < 3) return false;
    const auto inside = text.substr(1, end - 1);
    if (!std::ranges::all_of(inside, [](char c) { return is_hex(c) || c == ':' || c == '.'; })) return false;
    port = text.substr(end + 1);
  } else {
    const auto colon = text.find(':');
    const auto host = text.substr(0, colon);
    const auto is_host_char = [](char c) {
      return is_token_char(c) && c != '^' && c != '`' && c != '|' && c != '#' && c != '%';
    };
    if (host.empty() || !std::ranges::all_of(host, is_host_char)) return false;
    port = colon == std::string_view::npos ? std::string_view{} : text.substr(colon);
  }
  if (port.empty()) return true;
  port.remove_prefix(port.front() == ':' ? 1 : 0);
  if (port.empty() || port.size() > 5 || !std::ranges::all_of(port, is_digit)) return false;
  int value = 0;
  for (const char c : port) value = value * 10 + (c - '0');
  return value <= 65535;
}

// RFC 9112 section 3.2: the four forms of a target; `out.target` becomes the origin form or "*".
HeadResult parse_target(std::string_view target, PathPolicy policy, RequestHead& out) {
  if (out.method == Method::connect) return failed(Failure::connect_refused, "CONNECT");
  if (const auto error = check_target(target); !error.empty()) return failed(Failure::bad_target, error);
  if (target == "*") {
    if (out.method != Method::options) return failed(Failure::bad_target, "\"*\" is for OPTIONS");
    out.target = target;
    return {Status::complete};
  }
  if (!target.starts_with('/')) {
    const auto scheme_end = target.find("://");
    const auto scheme = target.substr(0, scheme_end);
    if (scheme_end == std::string_view::npos ||
        !(equals_ignoring_case(scheme, "http") || equals_ignoring_case(scheme, "https"))) {
      return failed(Failure::bad_target, "neither a path nor an http URL");
    }
    out.scheme = scheme;
    const auto rest = target.substr(scheme_end + 3);
    const auto path_at = rest.find_first_of("/?");
    out.authority = rest.substr(0, path_at);
    if (!is_authority(out.authority)) return failed(Failure::bad_host, "bad authority in the target");
    const auto path = path_at == std::string_view::npos ? std::string_view{} : rest.substr(path_at);
    target = path.starts_with('/') ? path : out.headers.arena().concat("/", path);
  }
  out.target = target;
  if (policy == PathPolicy::reject) {
    if (const auto error = ambiguity_of_path(out.path()); !error.empty()) return failed(Failure::bad_target, error);
  }
  return {Status::complete};
}

HeadResult parse_version(std::string_view text, RequestHead& out) {
  if (text == "HTTP/1.1") {
    out.version = Version::http11;
  } else if (text == "HTTP/1.0") {
    out.version = Version::http10;
  } else {
    const bool is_version =
        text.size() == 8 && text.starts_with("HTTP/") && is_digit(text[5]) && text[6] == '.' && is_digit(text[7]);
    return failed(is_version ? Failure::unsupported_version : Failure::bad_request_line, "version");
  }
  return {Status::complete};
}

HeadResult parse_request_line(std::string_view line, const HeadLimits& limits, PathPolicy policy, RequestHead& out) {
  const auto first = line.find(' ');
  const auto last = line.rfind(' ');
  if (first == std::string_view::npos || first == last) return failed(Failure::bad_request_line, "not three parts");
  out.method_token = line.substr(0, first);
  if (!is_token(out.method_token)) return failed(Failure::bad_request_line, "the method is no token");
  out.method = method_of(out.method_token);
  if (const auto version = parse_version(line.substr(last + 1), out); version.status == Status::failed) return version;
  const auto target = line.substr(first + 1, last - first - 1);
  if (target.empty()) return failed(Failure::bad_request_line, "no target");
  if (target.size() > limits.max_target) return failed(Failure::target_too_long, "target");
  return parse_target(target, policy, out);
}

// RFC 9112 section 3.2: exactly one valid Host in HTTP/1.1; an absolute target takes precedence over it.
HeadResult check_host(RequestHead& out) {
  const auto host = out.headers.get(FieldId::host);
  if (out.headers.count(FieldId::host) > 1) return failed(Failure::bad_host, "repeated Host");
  if (!host && out.version == Version::http11) return failed(Failure::bad_host, "no Host");
  if (host && !is_authority(*host)) return failed(Failure::bad_host, "malformed Host");
  if (!out.scheme.empty()) {
    out.headers.set("Host", out.authority);
  } else if (host) {
    out.authority = *host;
  }
  return {Status::complete};
}

// Bytes that can't begin a request are refused before a whole head is there: a TLS hello, a binary protocol.
bool can_begin(std::string_view input) {
  for (std::size_t i = 0; i < std::min<std::size_t>(input.size(), 32); ++i) {
    if (input[i] == ' ') return i > 0;
    if (!is_token_char(input[i])) return false;
  }
  return true;
}

HeadResult too_large(std::string_view input, const HeadLimits& limits) {
  const bool in_line = input.substr(0, limits.max_head).find('\n') == std::string_view::npos;
  return failed(in_line ? Failure::target_too_long : Failure::head_too_large, "limit");
}

}  // namespace

HeadResult parse_request_head(std::string_view input, std::size_t& scanned, const HeadLimits& limits, PathPolicy policy,
                              RequestHead& out) {
  // RFC 9112 section 2.2: one empty line before the request line is ignored.
  const std::size_t skipped = input.starts_with("\r\n") ? 2 : 0;
  const std::string_view head = input.substr(skipped);
  if (input == "\r" || head.empty()) return {};
  if (!can_begin(head)) return failed(Failure::bad_request_line, "the method is no token");
  std::size_t seen = scanned < skipped ? 0 : scanned - skipped;
  const std::size_t size = find_head_end(head, seen);
  scanned = input.size();
  if (size == std::string_view::npos) return input.size() >= limits.max_head ? too_large(input, limits) : HeadResult{};
  if (size > limits.max_head) return too_large(head.substr(0, size), limits);
  const auto line_end = head.find('\n');
  if (head[line_end - 1] != '\r') return failed(Failure::bad_request_line, "bare LF");
  const auto line = parse_request_line(head.substr(0, line_end - 1), limits, policy, out);
  if (line.status == Status::failed) return line;
  if (const auto error = parse_fields(head.substr(line_end + 1, size - line_end - 1), limits.max_fields, out.headers);
      !error.empty()) {
    return failed(error == kTooManyFields ? Failure::too_many_fields : Failure::bad_header, error);
  }
  if (const auto host = check_host(out); host.status == Status::failed) return host;
  const FieldFraming framing = framing_of(out.headers, out.version);
  if (framing.failure != Failure::none) return failed(framing.failure, framing.detail);
  out.framing = framing.framing;
  out.content_length = framing.length;
  out.keep_alive = keeps_alive(out.headers, out.version);
  const auto expect = out.headers.get(FieldId::expect);
  out.expects_continue = expect && out.version == Version::http11 && equals_ignoring_case(*expect, "100-continue");
  return {Status::complete, size + skipped};
}

}  // namespace outrigger::http::h1
