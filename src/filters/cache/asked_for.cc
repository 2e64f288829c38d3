#include "filters/cache/asked_for.h"

#include <algorithm>

namespace outrigger::filters {

namespace {

// Fields by which frameworks and authorisation servers take a request for another one than its line and Host say. None
// of them is in the key, so an answer to such a request is for nobody else.
constexpr std::string_view kSteering[] = {"X-HTTP-Method-Override",
                                          "X-HTTP-Method",
                                          "X-Method-Override",
                                          "X-Original-URL",
                                          "X-Rewrite-URL",
                                          "X-Original-Host",
                                          "X-Host",
                                          "X-Forwarded-Scheme",
                                          "X-Forwarded-Path",
                                          "X-Forwarded-Prefix",
                                          "X-Forwarded-Server",
                                          "X-Forwarded-Method",
                                          "X-Forwarded-Uri",
                                          "X-HTTP-Host-Override",
                                          "X-Original-Method",
                                          "X-Forwarded-Ssl",
                                          "X-Forwarded-Protocol",
                                          "X-Scheme",
                                          "X-Url-Scheme",
                                          "Front-End-Https"};

bool is_steering(const Field& field, const std::vector<std::string>& keyed) {
  if (field.id != FieldId::other || field.name.size() < 6) return false;
  if ((field.name[0] | 0x20) != 'x' && (field.name[0] | 0x20) != 'f') return false;
  const auto is_it = [&field](std::string_view name) { return equals_ignoring_case(field.name, name); };
  return std::ranges::any_of(kSteering, is_it) && std::ranges::none_of(keyed, is_it);
}

// RFC 9110 section 9.2.1; of methods that we do not know nothing is known.
bool is_unsafe(Method method) {
  return method != Method::get && method != Method::head && method != Method::options && method != Method::trace;
}

struct Obstacle {
  std::string_view why, forward;
};

Obstacle obstacle(Exchange& exchange, const std::vector<std::string>& keyed) {
  const RequestHead& request = exchange.request();
  if (request.method != Method::get && request.method != Method::head)
    return {"its method is not GET or HEAD", "method"};
  if (request.framing != Framing::none) return {"the request has content", "bypass"};
  if (request.authority.empty() || !request.target.starts_with('/')) return {"the request names no host", "bypass"};
  // RFC 9111 section 4.3.2: these are for the service to evaluate.
  if (request.headers.has_any(field_mask(FieldId::if_match, FieldId::if_unmodified_since))) {
    return {"its precondition is for the service", "bypass"};
  }
  if (request.headers.has(FieldId::upgrade)) return {"it asks for another protocol", "bypass"};
  if (std::ranges::any_of(request.headers, [&](const Field& field) { return is_steering(field, keyed); })) {
    return {"a field that is not in the key may change what is asked for", "bypass"};
  }
  return {};
}

bool has_pragma_no_cache(const Headers& headers) {
  const auto pragma = headers.get(FieldId::pragma);
  return pragma && cache::names_field(*pragma, "no-cache");
}

}  // namespace

AskedFor asked_for(Exchange& exchange, const std::vector<std::string>& keyed, bool heeds) {
  const RequestHead& request = exchange.request();
  AskedFor result;
  result.is_unsafe = is_unsafe(request.method);
  const auto [why, forward] = obstacle(exchange, keyed);
  result.obstacle = why;
  result.forward = forward;
  result.asked.is_authorized = exchange.is_personal();
  result.asked.has_cookie = request.headers.has(FieldId::cookie);
  if (!request.headers.has_any(field_mask(FieldId::cache_control, FieldId::pragma)) || !heeds) return result;
  result.control = cache::parse_cache_control(request.headers);
  // RFC 9111 section 5.4: for clients that know nothing newer.
  result.wants_validation =
      result.control.no_cache || (!result.control.is_present && has_pragma_no_cache(request.headers));
  if (result.control.no_store && why.empty()) {
    result.obstacle = "the request said no-store";
    result.forward = "request";
  }
  return result;
}

std::uint64_t pass_mark(std::uint64_t hash, const AskedFor& asked) {
  constexpr std::uint64_t kAuthorized = 0x5a17b3c94e6d2f81, kCookie = 0x3c6ef372fe94f82b;
  return hash ^ (asked.asked.is_authorized ? kAuthorized : 0) ^ (asked.asked.has_cookie ? kCookie : 0);
}

Use use_of(const cache::Entry& entry, const AskedFor& asked, Instant now) {
  const cache::CacheControl& control = asked.control;
  if (asked.wants_validation || entry.life.needs_validation) return Use::validate;
  if (control.max_age && entry.age(now) > *control.max_age) return Use::validate;
  const cache::Seconds left = entry.left(now);
  if (control.min_fresh && left < *control.min_fresh) return Use::validate;
  if (left > 0) return Use::fresh;
  if (entry.life.is_never_stale) return Use::validate;
  if (control.max_stale && -left <= *control.max_stale) return Use::accepted;
  return -left < entry.life.stale_while_revalidate ? Use::behind : Use::validate;
}

bool may_stand_in(const cache::Entry& entry, const AskedFor& asked, Instant now) {
  if (entry.life.is_never_stale) return false;
  const cache::Seconds allowed = std::max(entry.life.stale_if_error, asked.control.stale_if_error.value_or(0));
  return allowed > 0 && -entry.left(now) <= allowed;
}

bool is_for(const cache::Entry& entry, const AskedFor& asked) {
  if (asked.asked.has_cookie && !entry.life.is_for_cookies) return false;
  return !asked.asked.is_authorized || entry.life.is_for_authorized;
}

}  // namespace outrigger::filters
