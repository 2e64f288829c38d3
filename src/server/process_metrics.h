#pragma once

#include "server/snapshot.h"

namespace outrigger::server {

// Declares what is known of the process and of `snapshot` as metrics: build, memory, CPU, descriptors, certificates.
// Once for each adopted snapshot. Names of the process: Prometheus, "Writing client libraries", process metrics.
void publish_metrics(const Snapshot& snapshot);

}  // namespace outrigger::server
