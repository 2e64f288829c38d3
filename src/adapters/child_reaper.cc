#include "adapters/child_reaper.h"

#include <sys/wait.h>

namespace outrigger::adapters {
namespace {

constexpr Duration kPause = std::chrono::milliseconds(50);

}  // namespace

void ChildReaper::take(pid_t pid) {
  left_.push_back(pid);
  look();
}

void ChildReaper::look() {
  std::erase_if(left_, [](pid_t pid) { return ::waitpid(pid, nullptr, WNOHANG) != 0; });
  if (!left_.empty()) next_.start(kPause);
}

}  // namespace outrigger::adapters
