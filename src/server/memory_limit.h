#pragma once

#include <cstdint>

#include "config/settings.h"

namespace outrigger::server {

// The bytes that `limits.memory` stands for: its value, or 256 MiB, or half of the cgroup's memory if that is less.
// Reads cgroup v2 and v1. Thread: the main one.
std::uint64_t memory_limit(const config::ProcessLimits& limits);

}  // namespace outrigger::server
