#pragma once

#include <optional>
#include <string_view>

#include "cache/freshness.h"
#include "outrigger/message.h"

// Preconditions that a cache evaluates for the service. RFC 9111 section 4.3.2, RFC 9110 sections 8.8.3 and 13.
namespace outrigger::cache {

// RFC 9110 section 8.8.3.2. A text that is no entity tag matches nothing strongly.
bool matches_weakly(std::string_view tag, std::string_view other);
bool matches_strongly(std::string_view tag, std::string_view other);

// What the preconditions are held against.
struct Validators {
  std::uint16_t status = 200;
  std::string_view etag;           // empty: none
  std::string_view last_modified;  // as written; empty: none
  Seconds date = 0;                // of the answer
};

// Does the client hold this answer already? If-None-Match first, and only without it If-Modified-Since.
bool is_not_modified(const Headers& request, const Validators& stored);

// May the Range of the request be applied? Without If-Range always; else it must match strongly.
bool may_apply_range(const Headers& request, const Validators& stored);

// Which fields of a stored answer a 304 made of it leaves out: what describes content. RFC 9110 section 15.4.5.
bool is_left_out_of_304(const Field& field, bool has_etag);

}  // namespace outrigger::cache
