#include "cli/init_process.h"

#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <optional>

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

}  // namespace

void leave_process_1() {
  if (::getpid() != 1) return;
  sigset_t all, before;
  ::sigfillset(&all);
  ::sigprocmask(SIG_BLOCK, &all, &before);
  const pid_t child = ::fork();
  if (child <= 0) {
    ::sigprocmask(SIG_SETMASK, &before, nullptr);
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
