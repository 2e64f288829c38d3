#include "proxy/downstream/h2_stats.h"

namespace outrigger::proxy {

H2Stats::H2Stats()
    : connections(stats::counter("outrigger_http2_connections_total", "Client connections that spoke HTTP/2.")),
      open_connections(stats::gauge("outrigger_http2_connections_open", "Client connections that speak HTTP/2.")),
      open_streams(stats::gauge("outrigger_http2_streams_open", "Requests that are being answered over HTTP/2.")) {
  for (std::size_t i = 0; i < kCodes; ++i) {
    const stats::Labels labels = {{"code", std::string(http::h2::error_name(static_cast<http::h2::ErrorCode>(i)))}};
    resets[i] =
        stats::counter("outrigger_http2_resets_total", "Streams of clients that we reset, by what we said.", labels);
    errors[i] = stats::counter("outrigger_http2_connection_errors_total",
                               "Client connections that ended in error, by what we said.", labels);
  }
  for (std::size_t i = 0; i < http::h2::kAbuseKinds; ++i) {
    abuses[i] = stats::counter("outrigger_http2_abuse_total", "Client connections that ended because of a flood.",
                               {{"kind", std::string(http::h2::kAbuses[i].token)}});
  }
}

}  // namespace outrigger::proxy
