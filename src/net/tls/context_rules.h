#pragma once

#include "net/tls/context.h"
#include "net/tls/server_options.h"

struct ssl_method_st;

namespace outrigger::net::tls {

// A context with the rules of both sides: versions, suites, modes. Null when OpenSSL is out of memory or was built
// without what we need.
ContextHandle new_context(const ssl_method_st* method);
// The same with the rules of a server, by policy.
ContextHandle new_server_context(Policy policy, bool negotiates);

}  // namespace outrigger::net::tls
