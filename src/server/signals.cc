#include "server/signals.h"

#include <initializer_list>

namespace outrigger::server {

sigset_t handled_signals(bool has_app) {
  sigset_t mask;
  sigemptyset(&mask);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP, SIGUSR1}) sigaddset(&mask, signal);
  if (!has_app) return mask;
  for (const int signal : {SIGCHLD, SIGQUIT, SIGUSR2, SIGWINCH}) sigaddset(&mask, signal);
  return mask;
}

void hold_signals(bool has_app) {
  const sigset_t mask = handled_signals(has_app);
  ::pthread_sigmask(SIG_BLOCK, &mask, nullptr);
}

}  // namespace outrigger::server
