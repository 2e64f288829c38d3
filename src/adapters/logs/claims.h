#pragma once

#include <string>
#include <vector>

#include "adapters/claim.h"
#include "adapters/logs/config.h"

namespace outrigger::adapters::logs {

// What only one entry can have: its sockets, standard input, what it reads under its name, the file it rotates, its
// spool.
std::vector<Claim> claims_of(const LogsConfig& config);

// What is read, and by whom: what goes on over a reload is found by it.
std::string identity(const LogsConfig& config);

struct Transports {
  bool datagram, stream;
};
// How `syslog` is received at `address`, its own.
Transports transports_of(const LogsConfig& config, const net::Address& address);

}  // namespace outrigger::adapters::logs
