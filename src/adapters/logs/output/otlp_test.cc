#include <catch2/catch.hpp>
#include <string>

#include "adapters/logs/output/otlp_record.h"
#include "adapters/logs/output/syslog_output.h"

using namespace outrigger;
using namespace outrigger::adapters::logs;

namespace {

Record sample() {
  Record record;
  record.time = WallTime(std::chrono::seconds(1));
  record.read_at = WallTime(std::chrono::seconds(2));
  record.level = "error";
  record.message = "hi";
  record.source = "s";
  return record;
}

std::string hex(std::string_view bytes) {
  std::string out;
  for (const char c : bytes) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    out += kDigits[static_cast<unsigned char>(c) >> 4U];
    out += kDigits[static_cast<unsigned char>(c) & 15U];
  }
  return out;
}

}  // namespace

// Decoded by the published definitions in tests/integration/adapters; here the bytes of one are worked out by hand.
TEST_CASE("logs: a record is written as OTLP", "[adapters][logs]") {
  Record record = sample();
  record.add("trace_id", "4bf92f3577b34da6a3ce929d0e0e4736");
  record.add("n", "-1", outrigger::adapters::logs::Field::Kind::json);
  std::string out;
  append_otlp_record(record, out);
  CHECK(hex(out) ==
        "1258"                                      // log_records
        "0900ca9a3b00000000"                        // time_unix_nano
        "590094357700000000"                        // observed_time_unix_nano
        "1011"                                      // severity_number 17
        "1a056572726f72"                            // severity_text
        "2a040a026869"                              // body
        "4a104bf92f3577b34da6a3ce929d0e0e4736"      // trace_id
        "32100a016e120b18ffffffffffffffffff01"      // n
        "32110a0a6c6f672e736f7572636512030a0173");  // log.source
}

TEST_CASE("logs: what is written as OTLP is UTF-8 whatever a file is called", "[adapters][logs]") {
  Record record = sample();
  record.source = "/var/log/\xff.log";
  std::string out;
  append_otlp_record(record, out);
  CHECK(out.contains("/var/log/\xc3\xbf.log"));
}

TEST_CASE("logs: an id that is no id stays an attribute", "[adapters][logs]") {
  Record record = sample();
  record.add("trace_id", "short");
  std::string out;
  append_otlp_record(record, out);
  CHECK(out.contains("short"));
}

TEST_CASE("logs: a record is written as a syslog message", "[adapters][logs]") {
  EventLoop loop;
  SyslogTarget target;
  target.address = net::Address::parse("127.0.0.1:514").value();
  target.host = "h";
  target.app = "a b";
  target.text_only = true;
  Record record = sample();
  record.message = "two\nlines";
  record.add("pid", "7");
  std::string out;
  SyslogOutput(loop, target).encode(record, out);
  CHECK(out == "<131>1 1970-01-01T00:00:01.000Z h a_b 7 - - two lines\n");
  out.clear();
  target.form = SyslogForm::rfc3164;
  SyslogOutput(loop, target).encode(record, out);
  CHECK(out == "<131>Jan  1 00:00:01 h a_b[7]: two lines\n");
  out.clear();
  target.text_only = false;
  SyslogOutput(loop, target).encode(record, out);
  CHECK(out.ends_with("\"msg\":\"two\\nlines\",\"pid\":\"7\",\"source\":\"s\"}\n"));
}
