#include "server/app/app_process.h"

#include <spawn.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

namespace outrigger::server {

namespace {

// What this process changed for itself and the program shall not inherit: blocked and ignored signals.
class Attributes {
 public:
  Attributes() {
    ::posix_spawnattr_init(&value_);
    sigset_t none, all;
    ::sigemptyset(&none);
    ::sigfillset(&all);
    ::posix_spawnattr_setpgroup(&value_, 0);
    ::posix_spawnattr_setsigmask(&value_, &none);
    ::posix_spawnattr_setsigdefault(&value_, &all);
    ::posix_spawnattr_setflags(&value_, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
  }
  ~Attributes() { ::posix_spawnattr_destroy(&value_); }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  const posix_spawnattr_t* get() const { return &value_; }

 private:
  posix_spawnattr_t value_;
};

// The program may write cores as it always did; we may not, for the keys in our memory.
class CoresAllowed {
 public:
  CoresAllowed() {
    ::getrlimit(RLIMIT_CORE, &before_);
    const rlimit all{before_.rlim_max, before_.rlim_max};
    ::setrlimit(RLIMIT_CORE, &all);
  }
  ~CoresAllowed() { ::setrlimit(RLIMIT_CORE, &before_); }
  CoresAllowed(const CoresAllowed&) = delete;
  CoresAllowed& operator=(const CoresAllowed&) = delete;

 private:
  rlimit before_{};
};

}  // namespace

std::expected<AppProcess, AppProcess::Failure> AppProcess::start(const std::vector<std::string>& command) {
  std::vector<char*> words;
  for (const std::string& word : command) words.push_back(const_cast<char*>(word.c_str()));
  words.push_back(nullptr);
  const Attributes attributes;
  const CoresAllowed cores;
  pid_t pid = 0;
  const int error = ::posix_spawnp(&pid, words.front(), nullptr, attributes.get(), words.data(), environ);
  if (error == 0) return AppProcess(pid);
  const int code = error == ENOENT || error == ENOTDIR ? kNotFound : kNotExecutable;
  return std::unexpected(Failure{code, "cannot start " + command.front() + ": " + std::strerror(error)});
}

std::optional<int> AppProcess::reap() {
  int status = 0;
  if (!exit_code_ && ::waitpid(pid_, &status, WNOHANG) == pid_) exit_code_ = exit_code_of(status);
  return exit_code_;
}

void AppProcess::signal(int number) const { ::kill(-pid_, number); }

bool AppProcess::is_group_empty() const { return exit_code_ && ::kill(-pid_, 0) != 0 && errno == ESRCH; }

int exit_code_of(int status) { return WIFSIGNALED(status) ? kSignalled + WTERMSIG(status) : WEXITSTATUS(status); }

}  // namespace outrigger::server
