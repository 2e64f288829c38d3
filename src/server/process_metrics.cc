#include "server/process_metrics.h"

#include <sys/resource.h>
#include <unistd.h>

#include <cmath>
#include <filesystem>
#include <fstream>
#include <limits>

#include "base/memory_budget.h"
#include "outrigger/stats.h"

namespace outrigger::server {

namespace {

using stats::counter_callback;
using stats::gauge_callback;

double seconds(const timeval& time) {
  return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
}

double cpu_seconds() {
  rusage usage{};
  ::getrusage(RUSAGE_SELF, &usage);
  return seconds(usage.ru_utime) + seconds(usage.ru_stime);
}

// proc(5), /proc/pid/statm: total and resident size in pages.
double memory_bytes(int field) {
  double values[2] = {0, 0};
  std::ifstream statm("/proc/self/statm");
  statm >> values[0] >> values[1];
  return values[field] * static_cast<double>(::sysconf(_SC_PAGESIZE));
}

double open_descriptors() {
  double count = 0;
  std::error_code error;
  for (auto it = std::filesystem::directory_iterator("/proc/self/fd", error);
       !error && it != std::filesystem::directory_iterator(); it.increment(error)) {
    ++count;
  }
  return count - 1;  // the directory itself
}

double most_descriptors() {
  rlimit limit{};
  ::getrlimit(RLIMIT_NOFILE, &limit);
  return static_cast<double>(limit.rlim_cur);
}

double unix_seconds(std::chrono::system_clock::time_point time) {
  return std::chrono::duration<double>(time.time_since_epoch()).count();
}

void publish_process() {
  counter_callback("process_cpu_seconds_total", "CPU time, user and system.", {}, cpu_seconds);
  gauge_callback("process_resident_memory_bytes", "Resident memory.", {}, [] { return memory_bytes(1); });
  gauge_callback("process_virtual_memory_bytes", "Virtual memory.", {}, [] { return memory_bytes(0); });
  gauge_callback("process_open_fds", "Open file descriptors.", {}, open_descriptors);
  gauge_callback("process_max_fds", "Limit of open file descriptors.", {}, most_descriptors);
  gauge_callback("outrigger_memory_budget_used_bytes", "Buffers of requests under way.", {},
                 [] { return static_cast<double>(MemoryBudget::used()); });
  gauge_callback("outrigger_memory_budget_limit_bytes", "What they may come to before new requests get 503.", {},
                 [] { return static_cast<double>(MemoryBudget::limit()); });
  static const double started = unix_seconds(std::chrono::system_clock::now());
  gauge_callback("process_start_time_seconds", "Start of the process, Unix time.", {}, [] { return started; });
  gauge_callback("outrigger_build_info", "1, with the version as label.", {{"version", OUTRIGGER_VERSION}},
                 [] { return 1.0; });
}

// Left out when the listener has no certificate any more.
void publish_certificate(const std::string& listener, const Certificate& certificate) {
  gauge_callback("outrigger_certificate_expiry_days", "Days until the listener's certificate expires.",
                 {{"listener", listener}}, [weak = std::weak_ptr(certificate)] {
                   const auto kept = weak.lock();
                   if (!kept) return std::numeric_limits<double>::quiet_NaN();
                   const auto left = kept->not_after() - std::chrono::system_clock::now();
                   return std::chrono::duration<double, std::ratio<86400>>(left).count();
                 });
}

// Left out when the listener has no such list any more.
void publish_revocations(const std::string& listener, const Certificate& certificate) {
  gauge_callback("outrigger_crl_expiry_days",
                 "Days until the listener's crl must be renewed; then clients are refused.", {{"listener", listener}},
                 [weak = std::weak_ptr(certificate)] {
                   const auto kept = weak.lock();
                   if (!kept) return std::numeric_limits<double>::quiet_NaN();
                   const auto left = *kept->revocations_until() - std::chrono::system_clock::now();
                   return std::chrono::duration<double, std::ratio<86400>>(left).count();
                 });
}

}  // namespace

void publish_metrics(const Snapshot& snapshot) {
  publish_process();
  for (const auto& [listener, certificate] : snapshot.certificates) {
    publish_certificate(listener, certificate);
    if (certificate->revocations_until()) publish_revocations(listener, certificate);
  }
  const double now = unix_seconds(std::chrono::system_clock::now());
  gauge_callback("outrigger_config_adopted_timestamp_seconds", "When the running configuration was adopted, Unix time.",
                 {}, [now] { return now; });
}

}  // namespace outrigger::server
