#include "server/memory_limit.h"

#include <algorithm>
#include <fstream>

namespace outrigger::server {

namespace {

constexpr std::uint64_t kDefault = 256ULL * 1024 * 1024;

// "max" in cgroup v2 is no number; v1 has a huge one instead.
std::uint64_t cgroup_memory() {
  for (const char* path : {"/sys/fs/cgroup/memory.max", "/sys/fs/cgroup/memory/memory.limit_in_bytes"}) {
    std::ifstream file(path);
    std::uint64_t bytes = 0;
    if (file >> bytes) return bytes;
  }
  return UINT64_MAX;
}

}  // namespace

std::uint64_t memory_limit(const config::ProcessLimits& limits) {
  return limits.memory ? limits.memory->bytes : std::min(kDefault, cgroup_memory() / 2);
}

}  // namespace outrigger::server
