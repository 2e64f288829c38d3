#pragma once

#include "http/h1/head_result.h"
#include "outrigger/message.h"

namespace outrigger::http::h1 {

// parse_response_head() for services whose lines may end with LF alone (RFC 9112 section 2.2 lets a recipient take that
// for a line end; as a rule we do not, because two that disagree about it can be played off against each other). The
// head is copied into the arena of `out` with CRLF at each line's end, then read as any other: what goes on to the
// client has no trace of it. Of lines that end well nothing changes. `consumed` counts the bytes as they came.
HeadResult parse_lenient_response_head(std::string_view input, const HeadLimits& limits, Method request_method,
                                       ResponseHead& out);

}  // namespace outrigger::http::h1
