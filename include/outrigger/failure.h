#pragma once

#include <cstdint>
#include <string_view>

namespace outrigger {

// Every way a request can fail, in one table (failure.def). Status, metric label, access-log token, retry decision
// and Proxy-Status come from here and from nowhere else.
enum class Failure : std::uint8_t {
  none,
#define OUTRIGGER_FAILURE(name, side, status, retry, proxy_status, text) name,
#include "outrigger/failure.def"
#undef OUTRIGGER_FAILURE
};

enum class Side : std::uint8_t { none, downstream, proxy, upstream };

// What may be tried again without asking the method: `if_unsent` = nothing was processed for certain,
// `if_idempotent` = only methods that may be repeated (RFC 9110 section 9.2.2).
enum class Retry : std::uint8_t { never, if_unsent, if_idempotent };

struct FailureInfo {
  std::string_view token;  // stable, snake_case: metric label and access-log `failure`
  Side side;               // who erred
  std::uint16_t status;    // answer to the client; 0: no answer is possible, the connection is closed
  Retry retry;
  std::string_view proxy_status;  // RFC 9209 section 2.3 error token
  std::string_view text;          // a sentence without full stop, for `why`
};

const FailureInfo& describe(Failure failure);

}  // namespace outrigger
