#pragma once

#include "outrigger/task.h"
#include "proxy/active_exchange.h"
#include "upstream/cluster.h"

namespace outrigger::proxy {

// Makes the request's content ready for a service that does not know all of HTTP/1.1, by the cluster's `legacy`.
// Content of unknown length is taken whole, up to `buffer_uploads`, and from then on has a Content-Length; the client
// is invited to send it where it waits for that (RFC 9110 section 10.1.1), and so is one whose service knows no 100.
// Why not, where it can't be: length_required, body_too_large, overloaded, or what the client's sending came to.
Task<Failure> ready_upload(ActiveExchange& exchange, upstream::Cluster& cluster);

}  // namespace outrigger::proxy
