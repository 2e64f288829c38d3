#pragma once

#include <cstdint>
#include <string_view>

#include "outrigger/failure.h"
#include "outrigger/message.h"

// What a request may be whatever wire it came on.
namespace outrigger::http {

// What to do with a path that two parties could read differently (ambiguity_of_path): `reject` refuses it with
// bad_target, `decode` puts its normal form in its place (normal_path), `keep` forwards it as it is. What is matched is
// always what is forwarded. The query is never looked at.
enum class PathPolicy : std::uint8_t { reject, decode, keep };

// A step of a parser: nothing, or why the request is refused. `reason` is static text.
struct Refusal {
  Failure failure = Failure::none;
  std::string_view reason{};
  explicit operator bool() const { return failure != Failure::none; }
};

// Applies the policy to `out.target`, which passed check_target.
Refusal apply_path_policy(PathPolicy policy, RequestHead& out);

// Refuses names that differ from a field that we guard only by "_" in place of "-": CGI and its heirs turn both into
// one character, so to them such a name is that field.
// Other names with "_" are dropped unless `keeps`: a rule or a filter that speaks of X-User would not see X_User.
Refusal apply_underscore_policy(bool keeps, Headers& headers);

}  // namespace outrigger::http
