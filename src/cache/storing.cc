#include "cache/storing.h"

#include <algorithm>
#include <array>

#include "http/field_list.h"
#include "http/hop_by_hop.h"

namespace outrigger::cache {

namespace {

// Final statuses whose rules of caching we know: those of RFC 9110 section 15 and the registered ones without rules of
// their own. 206 and 304 are no answers by themselves. RFC 9111 section 3.
bool is_understood(std::uint16_t status) {
  constexpr std::array<std::uint16_t, 50> kKnown = {200, 201, 202, 203, 204, 205, 300, 301, 302, 303, 307, 308, 400,
                                                    401, 402, 403, 404, 405, 406, 407, 408, 409, 410, 411, 412, 413,
                                                    414, 415, 416, 417, 418, 421, 422, 424, 425, 426, 428, 429, 431,
                                                    451, 500, 501, 502, 503, 504, 505, 506, 507, 508, 511};
  return std::ranges::binary_search(kKnown, status);
}

// RFC 9110 section 15.1, without 206.
bool is_heuristically_cacheable(std::uint16_t status) {
  constexpr std::array<std::uint16_t, 11> kCacheable = {200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501};
  return std::ranges::binary_search(kCacheable, status);
}

// What `ttl` covers without a word on the status: successes and lasting moves.
bool is_covered_by_ttl(std::uint16_t status) {
  constexpr std::array<std::uint16_t, 7> kCovered = {200, 203, 204, 300, 301, 308, 410};
  return std::ranges::binary_search(kCovered, status);
}

std::optional<Seconds> configured_lifetime(std::uint16_t status, const Rules& rules) {
  for (const auto& [range, lifetime] : rules.by_status) {
    if (range.includes(status)) return lifetime;
  }
  return is_covered_by_ttl(status) ? rules.ttl : std::nullopt;
}

bool varies_by_anything(const Headers& headers) {
  return std::ranges::any_of(
      headers, [](const Field& field) { return field.id == FieldId::vary && http::list_has(field.value, "*"); });
}

// RFC 9111 section 3, the parts that forbid.
std::string_view forbidden(const ResponseHead& head, const CacheControl& control, Asked asked, const Rules& rules) {
  if (head.status < 200 || head.status == 206 || head.status == 304) return "its status is no answer by itself";
  if (control.must_understand && !is_understood(head.status)) return "its status is not understood";
  if (control.no_store && !control.must_understand) return "the service said no-store";
  if (control.is_private) return "the service said private";
  const bool is_shared = control.is_public || control.must_revalidate || control.s_maxage.has_value();
  if (asked.is_authorized && !is_shared && !rules.shares_authorized) return "it was asked for with credentials";
  if (varies_by_anything(head.headers)) return "it varies by anything";
  if (head.framing == Framing::length && head.content_length > rules.max_object) return "it is larger than max_object";
  const bool names_cookie =
      names_field(control.private_fields, "set-cookie") || names_field(control.no_cache_fields, "set-cookie");
  const bool for_all = control.is_public || control.s_maxage.has_value();
  if (head.headers.has(FieldId::set_cookie) && !names_cookie && !for_all && rules.set_cookie == SetCookie::refuse) {
    return "it sets a cookie";
  }
  return {};
}

bool has_validator(const Headers& headers) { return headers.has(FieldId::etag) || headers.has(FieldId::last_modified); }

Life life_of(const CacheControl& control, const Rules& rules) {
  Life life;
  life.needs_validation = control.no_cache;
  // RFC 9111 section 5.2.2.10: s-maxage says the same to a shared cache.
  life.is_never_stale = control.must_revalidate || control.proxy_revalidate || control.s_maxage || control.no_cache;
  life.stale_while_revalidate = control.stale_while_revalidate.value_or(rules.stale_while_revalidate.value_or(0));
  life.stale_if_error = control.stale_if_error.value_or(rules.stale_if_error.value_or(0));
  // RFC 5861: with both, the answer says itself how stale it may get.
  if (life.is_never_stale) life.stale_while_revalidate = life.stale_if_error = 0;
  life.is_for_authorized =
      control.is_public || control.must_revalidate || control.s_maxage.has_value() || rules.shares_authorized;
  return life;
}

}  // namespace

Directives directives_of(const Headers& headers, const std::vector<std::string>& targeted) {
  for (const std::string& name : targeted) {
    if (const auto control = parse_targeted(headers, name)) return {*control, true};
  }
  return {parse_cache_control(headers), false};
}

Verdict judge(const ResponseHead& head, Asked asked, const Rules& rules, Times times) {
  const auto [control, is_targeted] = directives_of(head.headers, rules.targeted);
  if (const auto why = forbidden(head, control, asked, rules); !why.empty()) return {why, {}};
  Life life = life_of(control, rules);
  const auto stated = is_targeted ? stated_lifetime(control, Headers(head.headers.arena()), times.came)
                                  : stated_lifetime(control, head.headers, times.came);
  const bool is_stated = stated.has_value() || control.no_cache;
  life.is_for_cookies = is_stated || control.is_public || rules.knows_cookies;
  std::optional<Seconds> lifetime = stated;
  if (!lifetime && !control.no_cache) {
    lifetime = configured_lifetime(head.status, rules);
    // The operator means from now on, whatever the service's clock says.
    if (lifetime && *lifetime > 0) *lifetime += initial_age(head.headers, times);
  }
  const bool may_guess = control.is_public || is_heuristically_cacheable(head.status);
  if (!lifetime && !control.no_cache && may_guess) {
    lifetime = guessed_lifetime(head.headers, rules.heuristic, times.came);
  }
  if (asked.has_cookie && !life.is_for_cookies) {
    return {"it was asked for with a cookie, and the service does not say how long it lives", {}};
  }
  life.lifetime = lifetime.value_or(0);
  if (!lifetime && !may_guess) return {"the service does not say how long it lives", {}};
  const bool gains = (life.lifetime > 0 && !life.needs_validation) || has_validator(head.headers) ||
                     life.stale_if_error > 0 || life.stale_while_revalidate > 0;
  if (!gains) return {is_stated ? "it is stale at once" : "the service does not say how long it lives", {}};
  return {{}, life};
}

bool is_stored_field(const Field& field, const CacheControl& control, SetCookie policy) {
  constexpr FieldMask kNever = http::kHopByHop | field_mask(FieldId::proxy_authenticate, FieldId::proxy_authorization,
                                                            FieldId::age, FieldId::trailer);
  if ((kNever & field_bit(field.id)) != 0 || equals_ignoring_case(field.name, "Proxy-Authentication-Info"))
    return false;
  if (field.id == FieldId::set_cookie && policy == SetCookie::strip && !control.is_public && !control.s_maxage) {
    return false;
  }
  return !names_field(control.private_fields, field.name) && !names_field(control.no_cache_fields, field.name);
}

}  // namespace outrigger::cache
