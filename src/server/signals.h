#pragma once

#include <csignal>

namespace outrigger::server {

// What ends, reloads or reopens: SIGTERM, SIGINT, SIGHUP, SIGUSR1. With an app also its end, and what it may mean by
// the other signals that people send.
sigset_t handled_signals(bool has_app);

// From now on they wait until a Server takes them, instead of doing what they do by default. Early in a process that
// will serve: until then the first process of a container loses them, and so does one that a shell began in the
// background, where SIGINT is ignored. Threads that begin later inherit it.
void hold_signals(bool has_app);

}  // namespace outrigger::server
