#include <algorithm>
#include <cmath>
#include <fstream>
#include <thread>

#include "server/server.h"

namespace outrigger::server {

namespace {

// CPUs that the cgroup may use; 0: no quota. Documentation/admin-guide/cgroup-v2.rst "cpu.max", cgroup-v1
// "cfs_quota_us".
double cpu_quota() {
  std::string quota;
  double period = 0;
  if (std::ifstream v2("/sys/fs/cgroup/cpu.max"); v2 >> quota >> period) {
    return quota == "max" || period <= 0 ? 0 : std::strtod(quota.c_str(), nullptr) / period;
  }
  double microseconds = 0;
  std::ifstream v1("/sys/fs/cgroup/cpu/cpu.cfs_quota_us");
  std::ifstream v1_period("/sys/fs/cgroup/cpu/cpu.cfs_period_us");
  if (v1 >> microseconds && v1_period >> period && microseconds > 0 && period > 0) return microseconds / period;
  return 0;
}

}  // namespace

std::size_t default_workers() {
  const std::size_t cores = std::max(1U, std::thread::hardware_concurrency());
  const double quota = cpu_quota();
  if (quota <= 0) return std::min<std::size_t>(4, cores);
  return std::clamp<std::size_t>(static_cast<std::size_t>(std::ceil(quota)), 1, cores);
}

}  // namespace outrigger::server
