#pragma once

#include "http/h1/head_result.h"
#include "outrigger/message.h"

namespace outrigger::http::h1 {

// Parses the response head at the front of `input`, as parse_request_head does; `method` is the request's, because a
// response to HEAD has no content. RFC 9112 sections 4 and 6.3. Failures: upstream_bad_response,
// upstream_head_too_large.
HeadResult parse_response_head(std::string_view input, std::size_t& scanned, const HeadLimits& limits, Method method,
                               ResponseHead& out);

}  // namespace outrigger::http::h1
