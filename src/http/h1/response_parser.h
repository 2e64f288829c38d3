#pragma once

#include "http/h1/head_result.h"
#include "outrigger/message.h"

namespace outrigger::http::h1 {

// Finds and parses the response head at the front of `input`; `scanned`, views and limits as in parse_request_head.
// `request_method` is needed because a response to HEAD has no content. RFC 9112 sections 4 to 6.
//
// Framing by section 6.3: none for HEAD, 1xx, 204 and 304, else chunked, else length, else until_close. A 204 that
// announces content all the same is not kept alive, as nobody knows what follows it; such a 1xx is refused. Behind a
// 101 comes another protocol until the connection closes: whether it was asked for is for the caller to know. Fields
// that Connection names are gone (drop_named_by_connection). failed: upstream_bad_response, or upstream_head_too_large
// for size and field count.
HeadResult parse_response_head(std::string_view input, std::size_t& scanned, const HeadLimits& limits,
                               Method request_method, ResponseHead& out);

}  // namespace outrigger::http::h1
