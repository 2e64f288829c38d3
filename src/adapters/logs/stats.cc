#include "adapters/logs/stats.h"

namespace outrigger::adapters::logs {
namespace {

using stats::counter;

constexpr const char* kDropped = "outrigger_logs_dropped_lines_total";
constexpr const char* kDroppedHelp = "Events left out because the adapter's settings say so.";
constexpr const char* kFlagged = "outrigger_logs_flagged_lines_total";
constexpr const char* kFlaggedHelp = "Events passed on with a field that says what is odd about them.";

}  // namespace

LogStats::LogStats(const std::string& adapter)
    : lines(counter("outrigger_logs_lines_total", "Events taken in.", {{"adapter", adapter}})),
      filtered(counter(kDropped, kDroppedHelp, {{"adapter", adapter}, {"reason", "filtered"}})),
      over_rate(counter(kDropped, kDroppedHelp, {{"adapter", adapter}, {"reason", "rate_limit"}})),
      unparsed(counter(kFlagged, kFlaggedHelp, {{"adapter", adapter}, {"flag", "unparsed"}})),
      cut(counter(kFlagged, kFlaggedHelp, {{"adapter", adapter}, {"flag", "cut"}})),
      invalid(counter(kFlagged, kFlaggedHelp, {{"adapter", adapter}, {"flag", "invalid_utf8"}})),
      binary(counter(kFlagged, kFlaggedHelp, {{"adapter", adapter}, {"flag", "binary"}})),
      delivered(
          counter("outrigger_logs_delivered_lines_total", "Records that the output took.", {{"adapter", adapter}})),
      batches(counter("outrigger_logs_batches_total", "Batches that the output took.", {{"adapter", adapter}})),
      retries(counter("outrigger_logs_retries_total", "Batches offered to the output again.", {{"adapter", adapter}})),
      queued_bytes(stats::gauge("outrigger_logs_queued_bytes", "Records waiting in memory.", {{"adapter", adapter}})),
      spooled_bytes(stats::gauge("outrigger_logs_spooled_bytes", "Records waiting on disk.", {{"adapter", adapter}})),
      files(stats::gauge("outrigger_logs_open_files", "Files that are followed.", {{"adapter", adapter}})),
      connections(stats::gauge("outrigger_logs_connections", "Open connections of senders.", {{"adapter", adapter}})),
      rotated(counter("outrigger_logs_rotated_files_total", "Followed files that lost their name.",
                      {{"adapter", adapter}})),
      truncated(counter("outrigger_logs_truncated_files_total", "Followed files that were truncated.",
                        {{"adapter", adapter}})),
      lost_files(counter("outrigger_logs_lost_files_total",
                         "Files that were gone before they were read to their end, as far as that can be known.",
                         {{"adapter", adapter}})),
      skipped_files(counter("outrigger_logs_skipped_files_total", "Files not followed: unreadable, or too many.",
                            {{"adapter", adapter}})),
      refused_connections(counter("outrigger_logs_refused_connections_total",
                                  "Connections closed because there were too many.", {{"adapter", adapter}})),
      broken_frames(counter("outrigger_logs_broken_streams_total",
                            "Connections closed because what came was no syslog frame.", {{"adapter", adapter}})),
      state_failures(counter("outrigger_logs_state_failures_total",
                             "Times the positions of files could not be written.", {{"adapter", adapter}})),
      spool_failures(counter("outrigger_logs_spool_failures_total",
                             "Batches that could not be written to the spool or read from it.",
                             {{"adapter", adapter}})),
      adapter_(adapter) {}

stats::Counter LogStats::lost(const char* reason) const {
  return counter("outrigger_logs_lost_lines_total", "Records that nobody will see.",
                 {{"adapter", adapter_}, {"reason", reason}});
}

}  // namespace outrigger::adapters::logs
