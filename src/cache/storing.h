#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/status_range.h"
#include "cache/freshness.h"
#include "outrigger/message.h"

// May an answer be stored, and how may it be used then? RFC 9111 section 3.
namespace outrigger::cache {

// What becomes of answers that set cookies and do not say themselves that they are for everybody.
enum class SetCookie : std::uint8_t { refuse, strip };

// What the operator said.
struct Rules {
  std::optional<Seconds> ttl;                                    // for answers that say nothing of their life
  std::vector<std::pair<base::StatusRange, Seconds>> by_status;  // the first that matches, before `ttl`
  double heuristic = 0;                                          // share of the time since Last-Modified
  bool shares_authorized = false;                                // what was asked for with credentials is for everybody
  bool knows_cookies = false;                                    // the key says which cookies matter
  SetCookie set_cookie = SetCookie::refuse;
  std::vector<std::string> targeted;  // fields that go before Cache-Control, the first that is there
  std::optional<Seconds> stale_while_revalidate, stale_if_error;  // where the service does not say
  std::uint64_t max_object = 0;                                   // bytes of content
};

// What matters of the request.
struct Asked {
  bool is_authorized = false;  // the answer may be for the client alone: Exchange::is_personal()
  bool has_cookie = false;
};

// How a stored answer may be used.
struct Life {
  Seconds lifetime = 0;
  Seconds stale_while_revalidate = 0;
  Seconds stale_if_error = 0;
  bool is_never_stale = false;     // must-revalidate and what is like it
  bool needs_validation = false;   // no-cache: at every use
  bool is_for_authorized = false;  // may answer a request with credentials
  bool is_for_cookies = false;     // may answer a request with a cookie
};

struct Verdict {
  std::string_view refusal;  // why it is not stored, a sentence without full stop, static; empty: it is
  Life life;
};

// `head` as it came, hop-by-hop fields may be gone.
Verdict judge(const ResponseHead& head, Asked asked, const Rules& rules, Times times);

// The directives that count: of the first targeted field that is there and well-formed, else of Cache-Control. With a
// targeted one Expires counts no more. RFC 9213 section 2.1.
struct Directives {
  CacheControl control;
  bool is_targeted = false;
};
Directives directives_of(const Headers& headers, const std::vector<std::string>& targeted);

// May this field of an answer be stored? Not what is for one connection, for this proxy or for one client (what
// `no-cache` and `private` name). RFC 9111 section 3.1.
bool is_stored_field(const Field& field, const CacheControl& control, SetCookie policy);

}  // namespace outrigger::cache
