#include "cli/init_process.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <optional>
#include <string>

#include "server/app/app_process.h"

namespace outrigger::cli {

namespace {

std::optional<int> reap_all(pid_t child) {
  std::optional<int> code;
  int status = 0;
  for (pid_t ended = 0; (ended = ::waitpid(-1, &status, WNOHANG)) > 0;) {
    if (ended == child) code = server::exit_code_of(status);
  }
  return code;
}

// What a service manager gave to process 1 is for the child, which does its work: sd_listen_fds(3),
// sd_watchdog_enabled(3).
void take_what_was_given() {
  for (const char* name : {"LISTEN_PID", "WATCHDOG_PID"}) {
    const char* const pid = ::getenv(name);
    if (pid != nullptr && std::string(pid) == "1") ::setenv(name, std::to_string(::getpid()).c_str(), 1);
  }
}

}  // namespace

void leave_process_1() {
  if (::getpid() != 1) return;
  sigset_t all, before;
  ::sigfillset(&all);
  ::sigprocmask(SIG_BLOCK, &all, &before);
  const pid_t child = ::fork();
  if (child <= 0) {
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
    if (child == 0) take_what_was_given();
    return;  // also where there can be no child: then orphans stay, and all else works
  }
  for (;;) {
    siginfo_t info{};
    const int signal = ::sigwaitinfo(&all, &info);
    if (signal == SIGCHLD) {
      if (const auto code = reap_all(child)) ::_exit(*code);
    } else if (signal > 0 && info.si_code != SI_KERNEL) {  // a terminal's signal has gone to both already
      ::kill(child, signal);
    }
  }
}

}  // namespace outrigger::cli
