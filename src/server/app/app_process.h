#pragma once

#include <sys/types.h>

#include <expected>
#include <optional>
#include <string>
#include <vector>

namespace outrigger::server {

inline constexpr int kNotExecutable = 126;  // exit codes as a shell gives them
inline constexpr int kNotFound = 127;
inline constexpr int kSignalled = 128;  // and the signal's number

// One run of a program, leader of a process group of its own. It has our standard streams, environment and user, and
// no other descriptor of ours. Thread: the one that started it.
class AppProcess {
 public:
  struct Failure {
    int exit_code;     // 126 or 127
    std::string text;  // "cannot start nosuch: No such file or directory"
  };
  // `command[0]` is looked up in PATH; no shell reads the words.
  static std::expected<AppProcess, Failure> start(const std::vector<std::string>& command);

  pid_t pid() const { return pid_; }
  // Its exit code, or 128 and the number of the signal that ended it; nothing while it runs. Asked at SIGCHLD.
  std::optional<int> reap();
  // To every process of the group, also after the leader's end.
  void signal(int number) const;
  // Has the group no process any more? One that nobody reaps counts.
  bool is_group_empty() const;

 private:
  explicit AppProcess(pid_t pid) : pid_(pid) {}
  pid_t pid_;
  std::optional<int> exit_code_;
};

// The exit code that a status of waitpid() stands for.
int exit_code_of(int status);

}  // namespace outrigger::server
