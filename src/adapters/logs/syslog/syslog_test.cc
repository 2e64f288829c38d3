#include <catch2/catch.hpp>
#include <string>
#include <vector>

#include "adapters/logs/syslog/framing.h"
#include "adapters/logs/syslog/message.h"
#include "adapters/logs/syslog/syslog_record.h"

using namespace outrigger;
using namespace outrigger::adapters::logs;

namespace {

// facility.severity time|host|app|process|id|element.name=value ...|content
std::string read(std::string_view text) {
  const SyslogMessage message = parse_syslog(text);
  std::string out =
      std::to_string(message.facility) + "." + std::to_string(message.severity) + (message.has_priority ? " " : "? ");
  for (const std::string_view part : {message.time, message.host, message.app, message.process, message.id}) {
    out += std::string(part) + "|";
  }
  for (const auto& parameter : message.parameters) {
    out += std::string(parameter.element) + "." + std::string(parameter.name) + "=" + parameter.value + " ";
  }
  return out + "|" + std::string(message.content);
}

using Strings = std::vector<std::string>;

Strings frames(SyslogFraming& framing, std::string_view bytes, bool& good) {
  Strings found;
  good = framing.feed(bytes, [&](std::string_view message, std::uint64_t cut) {
    found.push_back(std::string(message) + (cut > 0 ? "+" + std::to_string(cut) : ""));
  });
  return found;
}

}  // namespace

TEST_CASE("logs: syslog messages of RFC 5424 are read", "[adapters][logs]") {
  struct Row {
    const char* text;
    const char* parts;
  };
  const Row rows[] = {
      // The examples of its section 6.5.
      {"<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \xEF\xBB\xBF'su root' failed",
       "4.2 2003-10-11T22:14:15.003Z|mymachine.example.com|su||ID47||'su root' failed"},
      {"<165>1 2003-08-24T05:14:15.000003-07:00 192.0.2.1 myproc 8710 - - %% It's time.",
       "20.5 2003-08-24T05:14:15.000003-07:00|192.0.2.1|myproc|8710|||%% It's time."},
      {R"(<165>1 2003-10-11T22:14:15.003Z h evntslog - ID47 [a@1 i="3" e="A\"\]\\n\x"][b@1 c="d"] text)",
       R"(20.5 2003-10-11T22:14:15.003Z|h|evntslog||ID47|a@1.i=3 a@1.e=A"]\n\x b@1.c=d |text)"},
      {"<165>1 - - - - - [a@1]", "20.5 ||||||"},
      {"<165>1 - - - - - -", "20.5 ||||||"},
      {"<165>1", "20.5 ||||||1"},
      {"<165>1 - - - - - [a@1 x=\"open", "20.5 ||||||[a@1 x=\"open"},
      {"<165>1 - - - - - [a", "20.5 ||||||[a"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(read(row.text) == row.parts);
  }
}

TEST_CASE("logs: syslog messages of RFC 3164 and what passes for one are read", "[adapters][logs]") {
  struct Row {
    std::string_view text;
    const char* parts;
  };
  const Row rows[] = {
      // The examples of its section 5.4.
      {"<34>Oct 11 22:14:15 mymachine su: 'su root' failed for lonvick on /dev/pts/8",
       "4.2 Oct 11 22:14:15|mymachine|su||||'su root' failed for lonvick on /dev/pts/8"},
      {"Use the BFG!", "1.5? ||||||Use the BFG!"},
      {"<13>Feb  5 17:32:18 10.0.0.99 Use the BFG!", "1.5 Feb  5 17:32:18|10.0.0.99|||||Use the BFG!"},
      {"<13>Nov 26 05:16:01 root[12]: from logger\n", "1.5 Nov 26 05:16:01||root|12|||from logger"},
      {"<13>Nov 26 05:16:01.123 web app[1]: x", "1.5 Nov 26 05:16:01.123|web|app|1|||x"},
      {"<13>Nov 6 05:16:01 web app: x", "1.5 Nov 6 05:16:01|web|app||||x"},
      {"<13>2026-11-26T05:16:01.1+00:00 web app[1]: x", "1.5 2026-11-26T05:16:01.1+00:00|web|app|1|||x"},
      {"<13>app: x", "1.5 ||app||||x"},
      {"<192>x", "1.5? ||||||<192>x"},
      {"<>x", "1.5? ||||||<>x"},
      {"<13", "1.5? ||||||<13"},
      {"", "1.5? ||||||"},
      {"<13>", "1.5 ||||||"},
      {std::string_view("<13>a\0\n", 7), "1.5 ||||||a"},
      {"<13>a b: c", "1.5 ||||||a b: c"},
      {"<13>a[1", "1.5 ||||||a[1"},
      // A clock is digits: else the time ended inside a character (found by fuzzing).
      {"<34>Oct 11 22:14:1\xEF\xBF\xBD h su: x", "4.2 ||||||Oct 11 22:14:1\xEF\xBF\xBD h su: x"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.text);
    CHECK(read(row.text) == row.parts);
  }
}

TEST_CASE("logs: frames of RFC 6587 are found however the bytes come", "[adapters][logs]") {
  const std::string bytes = std::string("6 <13>ab<13>cd\r\n\n7 <14>a\nb<15>e") + '\0' + "2026 x\n<1>open";
  for (std::size_t at = 0; at <= bytes.size(); ++at) {
    CAPTURE(at);
    SyslogFraming framing(100);
    bool good = false;
    Strings found = frames(framing, bytes.substr(0, at), good);
    for (std::string& frame : frames(framing, bytes.substr(at), good)) found.push_back(frame);
    CHECK(good);
    framing.finish([&](std::string_view message, std::uint64_t) { found.emplace_back(message); });
    // "2026 x" was a count: the sender should have begun with "<".
    CHECK(found == Strings{"<13>ab", "<13>cd", "<14>a\nb", "<15>e", "x\n<1>open"});
  }
}

TEST_CASE("logs: a counted message that ends with its stream says what it lacks", "[adapters][logs]") {
  for (const auto& [bytes, message] : {std::pair("20 <13>half", "<13>half+12"), std::pair("<13>half", "<13>half"),
                                       std::pair("20", "20"), std::pair("20 ", "")}) {
    CAPTURE(bytes);
    SyslogFraming framing(100);
    bool good = false;
    CHECK(frames(framing, bytes, good).empty());
    std::string found;
    framing.finish([&](std::string_view text, std::uint64_t cut) {
      found = text;
      if (cut > 0) found += "+" + std::to_string(cut);
    });
    CHECK(found == message);
  }
}

TEST_CASE("logs: frames over the limit are cut and counted", "[adapters][logs]") {
  SyslogFraming framing(4);
  bool good = false;
  CHECK(frames(framing, "8 <13>abcd<13>ab\n<1>\n9x\n", good) == Strings{"<13>+4", "<13>+2", "<1>", "9x"});
  CHECK(frames(framing, "1234567890 x", good).empty());
  CHECK_FALSE(good);
}

TEST_CASE("logs: a message that is half read goes on under another limit", "[adapters][logs]") {
  SyslogFraming framing(4);
  bool good = false;
  CHECK(frames(framing, "<13>ab", good).empty());
  framing.set_most(100);
  CHECK(frames(framing, "cd\n<13>ef\n", good) == Strings{"<13>+4", "<13>ef"});
}

TEST_CASE("logs: what a syslog message says becomes a record", "[adapters][logs]") {
  Record record;
  record.read_at = WallTime(std::chrono::seconds(1795670161));
  record.source = "s";
  const auto content = read_syslog("<165>1 2026-11-26T05:00:00Z h app 7 ID [e@1 k=\"v\"] hi", Zone(), record);
  CHECK(content == "hi");
  std::string out;
  append_json(record, out);
  CHECK(
      out ==
      R"({"time":"2026-11-26T05:00:00.000Z","level":"info","msg":"hi","facility":"local4","host":"h","app":"app","pid":"7","msgid":"ID","e@1.k":"v","source":"s"})"
      "\n");
}
