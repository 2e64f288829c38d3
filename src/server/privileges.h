#pragma once

#include <string>

namespace outrigger::server {

// What the process gives up before it serves: new privileges by programs it might start, and core dumps, which would
// hold keys. Best effort. Thread: the main one, before others begin.
void harden_process();

// Becomes `user` ("name" or "name:group", also as numbers) for good, once the sockets are bound; without a group the
// user's own ones. Empty: stays who it is, and says so if that is root. Returns why it failed, "" if not: then the
// process must not serve. Thread: the main one; all threads change with it.
std::string drop_privileges(const std::string& user);

}  // namespace outrigger::server
