#include "upstream/shared/shared_stats.h"

namespace outrigger::upstream {

using http::h2::error_name;
using http::h2::ErrorCode;

SharedStats::SharedStats(const std::string& upstream)
    : connections_open(stats::gauge("outrigger_upstream_connections_open", "Connections, idle ones included.",
                                    {{"upstream", upstream}})),
      streams_open(stats::gauge("outrigger_upstream_http2_streams_open", "Requests on HTTP/2 connections.",
                                {{"upstream", upstream}})),
      pings_unanswered(stats::counter("outrigger_upstream_http2_pings_unanswered_total",
                                      "HTTP/2 connections given up because a PING was not answered.",
                                      {{"upstream", upstream}})),
      upstream_(upstream) {}

void SharedStats::count(const char* name, const char* help, const char* label, std::string_view value) const {
  if (upstream_.empty()) return;  // a health check's
  stats::counter(name, help, {{"upstream", upstream_}, {label, std::string(value)}}).add();
}

void SharedStats::count_reset(ErrorCode code) const {
  count("outrigger_upstream_http2_resets_sent_total", "Streams that we reset, by what we said.", "code",
        error_name(code));
}

void SharedStats::count_reset_by_service(ErrorCode code) const {
  count("outrigger_upstream_http2_resets_received_total", "Streams that the service reset, by what it said.", "code",
        error_name(code));
}

void SharedStats::count_goaway(ErrorCode code) const {
  count("outrigger_upstream_http2_goaways_total", "Connections that the service wanted to end, by what it said.",
        "code", error_name(code));
}

void SharedStats::count_error(ErrorCode code) const {
  count("outrigger_upstream_http2_connection_errors_total", "Connections that ended in error, by what we said.", "code",
        error_name(code));
}

void SharedStats::count(http::h2::Abuse abuse) const {
  count("outrigger_upstream_http2_abuse_total", "Connections that ended because of a flood of the service.", "kind",
        http::h2::describe(abuse).token);
}

}  // namespace outrigger::upstream
