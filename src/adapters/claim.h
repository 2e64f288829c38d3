#pragma once

#include <string>

#include "config/findings.h"
#include "net/address.h"

namespace outrigger::adapters {

// What only one adapter of a configuration can have: a port, a path, a file.
struct Claim {
  std::string what;    // the same text for the same thing; errors begin with it
  std::string field;   // where it is set, below the adapter: "output.file"
  std::string remedy;  // what else could be done than to take another; may be empty
};

// A socket that is bound to `address`: datagrams and connections have ports of their own, a Unix path is one thing.
std::string socket_name(const net::Address& address, bool is_stream);

// Reports each claim that another adapter in front has made, at its place and with the other's. Opens and makes
// nothing, so that `validate` finds the same as `run`; may look at files. Adapters with errors are passed over.
void check_claims(const config::Settings& settings, const config::Findings& findings);

}  // namespace outrigger::adapters
