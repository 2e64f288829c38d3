#pragma once

#include <string>
#include <string_view>

#include "outrigger/headers.h"

// Which header fields an operator may set. Checks give the error text, "" when it is good.
namespace outrigger::filters {

// A field that filters may change in messages of either direction: a token, and none of those that delimit the message
// or speak about one connection (Content-Length, Transfer-Encoding, Connection ...). The proxy writes those itself, and
// two parties that read them differently can be made to disagree about where a message ends.
std::string check_field(const std::string& name);
// The same for requests: without Host (`rewrite` changes it, and the route with it) and Expect.
std::string check_request_field(const std::string& name);

// Removes what a client may have put where only a filter speaks: the field of this name, and those that a service could
// take for it, "X_User" for "X-User" (both are HTTP_X_USER to a CGI program). What the filter then says there it adds
// by Exchange::vouch().
void remove_vouched(Headers& headers, std::string_view name);

}  // namespace outrigger::filters
