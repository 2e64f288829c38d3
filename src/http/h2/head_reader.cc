#include "http/h2/head_reader.h"

#include <algorithm>

#include "http/h1/fields.h"
#include "http/h1/framing.h"
#include "http/h1/scan.h"
#include "http/h1/target.h"
#include "http/h1/trailers.h"

namespace outrigger::http::h2 {

namespace {

constexpr std::uint32_t kMostCookies = 256;   // pieces; browsers keep about 180 cookies of a site
constexpr std::uint64_t kFieldOverhead = 32;  // RFC 9113 section 6.5.2

enum Pseudo : std::uint8_t { kMethod = 1, kScheme = 2, kAuthority = 4, kPath = 8, kStatus = 16 };

std::uint8_t pseudo_of(std::string_view name) {
  if (name == ":method") return kMethod;
  if (name == ":scheme") return kScheme;
  if (name == ":authority") return kAuthority;
  if (name == ":path") return kPath;
  if (name == ":status") return kStatus;
  return 0;
}

bool is_lower_token(std::string_view name) {
  return !name.empty() &&
         std::ranges::all_of(name, [](char c) { return h1::is_token_char(c) && (c < 'A' || c > 'Z'); });
}

bool is_blank(char c) { return c == ' ' || c == '\t'; }

// RFC 9113 section 8.2.1. Control characters beyond NUL, CR and LF are refused as in HTTP/1.
std::string_view check_value(std::string_view value) {
  const char* const end = value.data() + value.size();
  if (h1::find_control(value.data(), end) != end) return "control character in a value";
  if (!value.empty() && (is_blank(value.front()) || is_blank(value.back()))) return "blank around a value";
  return {};
}

// RFC 9113 section 8.2.2.
std::string_view check_connection_field(FieldId id, std::string_view value) {
  switch (id) {
    case FieldId::connection:
    case FieldId::keep_alive:
    case FieldId::proxy_connection:
    case FieldId::transfer_encoding:
    case FieldId::upgrade:
      return "connection-specific field";
    case FieldId::te:
      return equals_ignoring_case(value, "trailers") ? "" : "TE other than trailers";
    default:
      return {};
  }
}

HeadCheck malformed(Failure failure, std::string_view reason) { return {failure, reason, true}; }
HeadCheck refused(Failure failure, std::string_view reason) { return {failure, reason, false}; }

// Three digits, or 0.
std::uint16_t parse_status(std::string_view text) {
  if (text.size() != 3 || !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; })) return 0;
  const int status = (text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0');
  return static_cast<std::uint16_t>(status < 100 ? 0 : status);
}

}  // namespace

void HeadReader::begin(Kind kind, Headers& out, const HeadLimits& limits) {
  *this = {};
  kind_ = kind;
  fields_ = &out;
  limits_ = limits;
}

void HeadReader::begin_request(RequestHead& out, const HeadLimits& limits) {
  begin(Kind::request, out.headers, limits);
  request_ = &out;
}

void HeadReader::begin_response(ResponseHead& out, const HeadLimits& limits) {
  begin(Kind::response, out.headers, limits);
  response_ = &out;
}

void HeadReader::begin_trailers(Headers& out, const HeadLimits& limits) { begin(Kind::trailers, out, limits); }

void HeadReader::add(std::string_view name, std::string_view value) {
  list_size_ += name.size() + value.size() + kFieldOverhead;
  too_large_ = too_large_ || list_size_ > limits_.max_head;
  if (const auto error = check_value(value); !error.empty()) malform(error);
  if (name.starts_with(':')) {
    add_pseudo(name, value);
  } else {
    add_field(name, value);
  }
}

void HeadReader::add_pseudo(std::string_view name, std::string_view value) {
  const std::uint8_t which = pseudo_of(name);
  const std::uint8_t known = kind_ == Kind::request    ? kMethod | kScheme | kAuthority | kPath
                             : kind_ == Kind::response ? kStatus
                                                       : 0;
  if ((which & known) == 0) return malform("unknown pseudo-header");
  if (count_ > 0) return malform("pseudo-header behind a field");
  if ((seen_ & which) != 0) return malform("repeated pseudo-header");
  seen_ |= which;
  if (which == kStatus) {
    response_->status = parse_status(value);
    return;
  }
  if (too_large_) return;
  const std::string_view kept = fields_->arena().copy(value);
  if (which == kMethod) request_->method_token = kept;
  if (which == kScheme) request_->scheme = kept;
  if (which == kAuthority) request_->authority = kept;
  if (which == kPath) request_->target = kept;
}

void HeadReader::add_field(std::string_view name, std::string_view value) {
  const FieldId id = field_id(name);
  cookies_ += id == FieldId::cookie ? 1 : 0;
  count_ += id == FieldId::cookie && cookies_ > 1 ? 0 : 1;  // all pieces of a cookie are one field
  too_many_ = count_ > limits_.max_fields || cookies_ > kMostCookies || too_many_;
  if (!is_lower_token(name)) return malform("a name that is no lower-case token");
  if (const auto error = check_connection_field(id, value); !error.empty()) return malform(error);
  if (too_large_ || too_many_) return;
  Arena& arena = fields_->arena();
  fields_->push({arena.copy(name), arena.copy(value), {}, id});
}

HeadCheck HeadReader::check_pseudo_of_request() const {
  const RequestHead& out = *request_;
  if ((seen_ & kMethod) == 0) return malformed(Failure::bad_request_line, "no :method");
  const bool is_connect = out.method_token == "CONNECT";
  if (is_connect && (seen_ & (kScheme | kPath)) != 0) {
    return malformed(Failure::bad_request_line, "CONNECT with :scheme or :path");  // RFC 9113 section 8.5
  }
  if (is_connect && (seen_ & kAuthority) == 0)
    return malformed(Failure::bad_request_line, "CONNECT without :authority");
  if (!is_connect && (seen_ & kScheme) == 0) return malformed(Failure::bad_request_line, "no :scheme");
  if (!is_connect && (seen_ & kPath) == 0) return malformed(Failure::bad_request_line, "no :path");
  return {};
}

// RFC 9113 section 8.3.1: :authority is the host; a Host field may only say the same.
HeadCheck HeadReader::check_host(RequestHead& out) const {
  const auto host = out.headers.get(FieldId::host);
  if (out.headers.count(FieldId::host) > 1) return malformed(Failure::bad_host, "repeated host");
  if ((seen_ & kAuthority) == 0) {
    if (!host) return refused(Failure::bad_host, "neither :authority nor host");
    out.authority = *host;
  } else if (host && !equals_ignoring_case(*host, out.authority)) {
    return malformed(Failure::bad_host, "host differs from :authority");
  }
  if (!h1::is_authority(out.authority)) return refused(Failure::bad_host, "malformed authority");
  return {};
}

// RFC 9113 section 8.2.3: a service behind HTTP/1 knows one Cookie field.
void HeadReader::join_cookies(Headers& headers) const {
  if (cookies_ < 2) return;
  std::size_t most = 0;
  for (const Field& field : headers) {
    if (field.id == FieldId::cookie) most += field.value.size() + 2;
  }
  char* const all = headers.arena().array<char>(most);
  char* end = all;
  for (const Field& field : headers) {
    if (field.id != FieldId::cookie) continue;
    if (end != all) end = std::ranges::copy(std::string_view("; "), end).out;
    end = std::ranges::copy(field.value, end).out;
  }
  headers.set("cookie", {all, end});
}

HeadCheck HeadReader::finish_request(PathPolicy policy, bool ends) {
  RequestHead& out = *request_;
  out.version = Version::http2;
  out.method = method_of(out.method_token);
  if (!malformed_.empty()) return malformed(Failure::bad_header, malformed_);
  if (too_large_) return refused(Failure::head_too_large, "max_head");
  if (const HeadCheck check = check_pseudo_of_request(); !check.is_ok()) return check;
  if (too_many_) return refused(Failure::too_many_fields, h1::kTooManyFields);
  if (!h1::is_token(out.method_token)) return malformed(Failure::bad_request_line, "the method is no token");
  if (out.method == Method::connect) return refused(Failure::connect_refused, "CONNECT");
  if (out.target.empty()) return malformed(Failure::bad_target, "empty :path");
  if (out.scheme != "http" && out.scheme != "https") return refused(Failure::bad_target, "scheme");
  if (out.target.size() > limits_.max_target) return refused(Failure::target_too_long, "max_target");
  if (const auto error = h1::check_target(out.target); !error.empty()) return refused(Failure::bad_target, error);
  if (out.target == "*" ? out.method != Method::options : !out.target.starts_with('/')) {
    return refused(Failure::bad_target, "no path");
  }
  if (const Refusal refusal = apply_underscore_policy(limits_.keeps_underscores, out.headers))
    return refused(refusal.failure, refusal.reason);
  if (const HeadCheck check = check_host(out); !check.is_ok()) return check;
  const h1::FieldFraming framing = h1::framing_of(out.headers, Version::http2);
  if (framing.failure != Failure::none) return malformed(framing.failure, framing.reason);
  if (ends && framing.length > 0) return malformed(Failure::bad_framing, "content-length, but no content");
  if (framing.has_length) announced_length_ = framing.length;
  out.content_length = framing.length;
  out.framing = ends ? Framing::none : framing.has_length ? Framing::length : Framing::chunked;
  join_cookies(out.headers);
  const auto expect = out.headers.get(FieldId::expect);
  out.expects_continue = expect && !ends && equals_ignoring_case(*expect, "100-continue");
  const Refusal refusal = apply_path_policy(policy, out);
  return refusal ? refused(refusal.failure, refusal.reason) : HeadCheck{};
}

HeadCheck HeadReader::finish_response(Method request_method, bool ends) {
  ResponseHead& out = *response_;
  const auto bad = [](std::string_view reason) { return malformed(Failure::upstream_bad_response, reason); };
  out.version = Version::http2;
  out.reason = reason_phrase(out.status);
  if (!malformed_.empty()) return bad(malformed_);
  if (too_large_ || too_many_) {
    return malformed(Failure::upstream_head_too_large, too_large_ ? "max_head" : h1::kTooManyFields);
  }
  if (out.status == 0) return bad("no valid :status");
  if (out.status == 101) return bad("101 in HTTP/2");  // RFC 9113 section 8.6
  const bool is_interim = out.status < 200;
  if (is_interim && ends) return bad("an interim response that ends the stream");
  const h1::FieldFraming framing = h1::framing_of(out.headers, Version::http2);
  if (framing.failure != Failure::none) return bad(framing.reason);
  const bool has_none = is_interim || request_method == Method::head || out.status == 204 || out.status == 304;
  if (ends && framing.length > 0 && !has_none) return bad("content-length, but no content");
  if (framing.has_length && !has_none) announced_length_ = framing.length;
  out.content_length = framing.length;
  out.framing = ends || has_none ? Framing::none : framing.has_length ? Framing::length : Framing::chunked;
  return {};
}

HeadCheck HeadReader::finish_trailers(bool ends) {
  if (!ends) return malformed(Failure::bad_header, "trailers that do not end the stream");
  if (!malformed_.empty()) return malformed(Failure::bad_header, malformed_);
  if (too_large_ || too_many_) return malformed(Failure::head_too_large, "trailers are too large");
  fields_->remove_if([](const Field& field) { return !h1::is_allowed_in_trailers(field); });
  return {};
}

}  // namespace outrigger::http::h2
