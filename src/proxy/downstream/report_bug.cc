#include "proxy/downstream/report_bug.h"

#include <atomic>

#include "outrigger/process_log.h"

namespace outrigger::proxy {

void report_bug(const std::exception_ptr& failure) noexcept {
  static std::atomic_flag said;
  if (said.test_and_set()) return;
  try {
    std::rethrow_exception(failure);
  } catch (const std::exception& exception) {
    log(LogLevel::error, "an exception ended a request; this is a bug, later ones are only counted",
        {{"exception", exception.what()}});
  } catch (...) {
    log(LogLevel::error, "an exception ended a request; this is a bug, later ones are only counted");
  }
}

}  // namespace outrigger::proxy
