#pragma once

#include "http/h1/head_result.h"
#include "http/request_rules.h"
#include "outrigger/message.h"

namespace outrigger::http::h1 {

using http::PathPolicy;

// Finds and parses the request head at the front of `input`. RFC 9112 sections 2 to 7, strict: what can be read in two
// ways is refused. One empty line before the request line is skipped (section 2.2).
//
// `scanned` is 0 for a new request and is passed again, with an empty `out`, when the same input has grown; a head that
// trickles in costs no more than one that comes whole. Whatever can't begin a request, or holds a bare CR or LF, fails
// at once instead of waiting for its end.
// complete: the views in `out` point into `input` or its arena; `out.target` is the origin form or "*"; of an absolute
//   target scheme and authority are set and Host is replaced by the authority (section 3.2.2). Fields that Connection
//   names are gone (drop_named_by_connection).
// failed: any Failure of the downstream side from bad_request_line to too_many_fields; `out` is then half filled.
HeadResult parse_request_head(std::string_view input, std::size_t& scanned, const HeadLimits& limits, PathPolicy policy,
                              RequestHead& out);

}  // namespace outrigger::http::h1
