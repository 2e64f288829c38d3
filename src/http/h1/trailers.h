#pragma once

#include "outrigger/headers.h"

namespace outrigger::http::h1 {

// May a sender put this field behind the content? RFC 9110 section 6.5.1: not what is needed before it, that is fields
// that frame, route, authenticate, select, describe the content or control caches. A recipient that merges trailers
// into the head would act on them.
bool is_allowed_in_trailers(const Field& field);

}  // namespace outrigger::http::h1
