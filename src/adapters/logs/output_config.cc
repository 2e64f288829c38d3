#include <algorithm>
#include <array>

#include "adapters/logs/config.h"
#include "adapters/logs/syslog/message.h"
#include "base/url.h"
#include "net/address.h"

// The description of `output`.
namespace outrigger::adapters::logs {
namespace {

using namespace std::chrono_literals;

std::string check_address(const std::string& text) {
  if (text.empty()) return {};
  const auto address = net::Address::parse(text);
  return address ? std::string() : address.error();
}

std::string check_facility(const std::string& text) {
  return find_facility(text) ? std::string() : "no facility of syslog is called \"" + text + "\"";
}

std::string check_one_sink(const OutputConfig& output) {
  const std::array set{output.to.has_value(), !output.file.empty(), !output.syslog.empty(), !output.otlp.empty(),
                       !output.http.empty()};
  if (std::ranges::count(set, true) > 1) return "an output has one of stdout, file, syslog, otlp and http";
  if (output.transport == SyslogTransport::both) return "an output has one transport: datagram or stream";
  return {};
}

}  // namespace

void describe(config::Schema<BatchConfig>& schema) {
  schema.summary("Records are handed over in batches: whatever comes first ends one.");
  schema.field("every", &BatchConfig::every, "After the first record of the batch.").range(10ms, 1min);
  schema.field("max_size", &BatchConfig::max_size, "Of the batch as the output gets it.")
      .range(ByteSize{1024}, ByteSize{16 * 1024 * 1024});
  schema.field("max_lines", &BatchConfig::max_lines, "Records in it.").range(1, 1'000'000);
}

void describe(config::Schema<BackoffConfig>& schema) {
  schema.summary("How long a batch waits before it is offered again: doubling, with jitter.");
  schema.field("base", &BackoffConfig::base, "At first.").range(10ms, 1min);
  schema.field("max", &BackoffConfig::max, "At most; also for a Retry-After.").range(10ms, 1h);
}

void describe(config::Schema<SpoolConfig>& schema) {
  schema.summary("What does not fit into memory waits on disk, also over a restart.");
  schema.field("path", &SpoolConfig::path, "A directory for this output alone; made where its parent is there.")
      .required();
  schema.field("max_size", &SpoolConfig::max_size, "Of all that waits there.")
      .range(ByteSize{1024 * 1024}, ByteSize{std::uint64_t{1} << 40});
  schema.shorthand("path");
}

void describe(config::Schema<OutputConfig>& schema) {
  schema.summary(
      "Where records go: one of stdout (the default), file, syslog, otlp and http. Delivered in order, again "
      "and again until the sink takes them.");
  schema.field("to", &OutputConfig::to, "`output: stdout`: JSON lines on standard output.")
      .values({{"stdout", OutputTo::standard_output}});
  schema.field("file", &OutputConfig::file, "JSON lines appended to this file.").example("/var/log/out.json");
  schema.field("max_size", &OutputConfig::max_size, "Of the file; then it is renamed to `.1`, that one to `.2`.")
      .range(ByteSize{4096}, ByteSize{std::uint64_t{1} << 40});
  schema.field("keep", &OutputConfig::keep, "Renamed files that stay.").range(0, 1000);
  schema.field("sync", &OutputConfig::sync, "Each batch is on the disk before the positions of files move.");
  schema.field("syslog", &OutputConfig::syslog, "A syslog daemon: host:port with an IP address, or unix:/path.")
      .check_text(check_address)
      .example("127.0.0.1:514");
  schema
      .field("transport", &OutputConfig::transport,
             "How the daemon listens: datagram (UDP) or stream (TCP, octet counting). auto is datagram.")
      .values({{"auto", SyslogTransport::automatic},
               {"datagram", SyslogTransport::datagram},
               {"stream", SyslogTransport::stream},
               {"both", SyslogTransport::both}});
  schema.field("format", &OutputConfig::format, "The header of syslog messages.")
      .values({{"rfc5424", OutputSyslogFormat::rfc5424}, {"rfc3164", OutputSyslogFormat::rfc3164}});
  schema.field("content", &OutputConfig::content, "What syslog messages hold: the record as JSON, or its message only.")
      .values({{"json", OutputContent::json}, {"text", OutputContent::text}});
  schema.field("facility", &OutputConfig::facility, "Of syslog messages whose record has no field `facility`.")
      .check_text(check_facility);
  schema.field("app", &OutputConfig::app, "Of syslog messages whose record has no field `app`.");
  schema.field("otlp", &OutputConfig::otlp, "An OTLP/HTTP collector; `/v1/logs` is added to a URL without a path.")
      .check_text(base::check_url)
      .example("http://127.0.0.1:4318");
  schema.field("service_name", &OutputConfig::service_name, "`service.name` of what is sent by OTLP; absent: `name`.");
  schema.field("attributes", &OutputConfig::attributes, "More attributes of the OTLP resource.");
  schema.field("http", &OutputConfig::http, "A URL that takes batches by POST.").check_text(base::check_url);
  schema.field("body", &OutputConfig::body, "Of a POST: a JSON object a line, or a JSON array.")
      .values({{"lines", OutputHttpFormat::lines}, {"array", OutputHttpFormat::array}});
  schema.field("headers", &OutputConfig::headers, "Fields of the request, for otlp and http.");
  schema.field("authorization", &OutputConfig::authorization, "The field Authorization of the request.").secret();
  schema.field("timeout", &OutputConfig::timeout, "Of one request, for otlp and http.").range(100ms, 5min);
  schema.field("batch", &OutputConfig::batch, "When a batch ends.");
  schema.field("backoff", &OutputConfig::backoff, "Between two offers of the same batch.");
  schema.field("max_memory", &OutputConfig::max_memory, "Of what waits for the sink.")
      .range(ByteSize{64 * 1024}, ByteSize{std::uint64_t{4} << 30});
  schema.field("spool", &OutputConfig::spool, "On disk, for what does not fit into memory; absent: none.");
  schema
      .field("when_full", &OutputConfig::when_full,
             "Without room in memory and spool: the oldest batch is dropped and counted, or reading stops until there "
             "is room. auto: files wait (they are on disk already), the others drop.")
      .values({{"auto", WhenFull::automatic}, {"wait", WhenFull::wait}, {"drop_oldest", WhenFull::drop_oldest}});
  schema.shorthand("to");
  schema.check(check_one_sink);
}

}  // namespace outrigger::adapters::logs
