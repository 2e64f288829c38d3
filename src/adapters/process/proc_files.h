#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

// What proc(5) says of processes.
namespace outrigger::adapters {

struct ProcessUsage {
  std::uint64_t started = 0;  // ticks since boot; with the pid it tells two processes of the same pid apart
  double cpu_seconds = 0;     // user and system, of all threads that are or were
  double resident_bytes = 0;
  double threads = 0;
  std::optional<double> open_fds;  // nothing: we may not look
};
// Nothing: there is no such process, or it has ended and nobody waited for it.
std::optional<ProcessUsage> usage_of(int pid, const std::string& proc = "/proc");

// The processes whose command has that name: the base name of the program or the kernel's short one (15 characters).
// Ours is not among them.
std::vector<int> pids_named(std::string_view name, const std::string& proc = "/proc");
// The number in a pid file.
std::optional<int> pid_in(const std::string& file);

// Which processes are meant: one of the three is set.
struct ProcessChoice {
  std::string name;
  std::optional<int> pid;
  std::string pid_file;
};
std::vector<int> find_processes(const ProcessChoice& choice);
// "app", "pid 12", "/run/app.pid".
std::string shown(const ProcessChoice& choice);

}  // namespace outrigger::adapters
