#pragma once

namespace outrigger::net {

// Is a connected socket its own peer? Linux may pick the very port that a socket connects to, where nobody listens, and
// connect it to itself. Such a one is made to reset at its end: no TIME_WAIT keeps the service off its port. For probes
// of this host: two system calls.
bool is_connected_to_itself(int fd);

}  // namespace outrigger::net
