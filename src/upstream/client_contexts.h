#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "config/findings.h"
#include "net/tls/context.h"

namespace outrigger::upstream {

// How each upstream that speaks TLS is checked, by its name. Immutable; part of a snapshot and shared by all workers.
using ClientContexts = std::map<std::string, std::shared_ptr<net::tls::ClientContext>, std::less<>>;

// Reads the CA files of all upstreams. Upstreams whose CA has the same content as in `previous` keep that context, and
// so their connections; `previous` may be null. Thread: the main one; blocks on files.
ClientContexts load_client_contexts(const config::Settings& settings, const ClientContexts* previous,
                                    const config::Findings& findings);

}  // namespace outrigger::upstream
