#include "upstream/client_contexts.h"

namespace outrigger::upstream {

namespace {

net::tls::Offer offer_of(config::Protocol protocol) {
  switch (protocol) {
    case config::Protocol::http2:
      return net::tls::Offer::http2;
    case config::Protocol::automatic:
      return net::tls::Offer::both;
    case config::Protocol::http1:
      break;
  }
  return net::tls::Offer::http1;
}

}  // namespace

ClientContexts load_client_contexts(const config::Settings& settings, const ClientContexts* previous,
                                    const config::Findings& findings) {
  ClientContexts contexts;
  for (const config::Upstream& upstream : settings.upstreams) {
    const std::string path = "upstreams." + upstream.name + ".tls";
    if (!upstream.tls || findings.has_errors(path)) continue;
    auto loaded = net::tls::ClientContext::load(upstream.tls->ca, upstream.tls->insecure_skip_verify,
                                                {upstream.tls->cert, upstream.tls->key}, offer_of(upstream.protocol),
                                                upstream.tls->subject_alt_names);
    if (!loaded) {
      findings.error(path, loaded.error());
      continue;
    }
    auto& context = contexts[upstream.name] = std::move(*loaded);
    if (previous == nullptr) continue;
    const auto old = previous->find(upstream.name);
    if (old != previous->end() && old->second->digest() == context->digest()) context = old->second;
  }
  return contexts;
}

}  // namespace outrigger::upstream
