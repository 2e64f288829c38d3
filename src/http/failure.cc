#include "outrigger/failure.h"

#include <cstddef>

namespace outrigger {

const FailureInfo& describe(Failure failure) {
  static constexpr FailureInfo kTable[] = {
      {"", Side::none, 200, Retry::never, "", ""},
#define OUTRIGGER_FAILURE(name, side, status, retry, proxy_status, text) \
  {#name, Side::side, status, Retry::retry, #proxy_status, text},
#include "outrigger/failure.def"
#undef OUTRIGGER_FAILURE
  };
  return kTable[static_cast<std::size_t>(failure)];
}

}  // namespace outrigger
