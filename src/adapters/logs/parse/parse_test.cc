#include <catch2/catch.hpp>
#include <string>

#include "adapters/logs/parse/json_number.h"
#include "adapters/logs/parse/json_parser.h"
#include "adapters/logs/parse/logfmt_parser.h"
#include "adapters/logs/parse/pattern_parser.h"
#include "base/regex.h"

using namespace outrigger::adapters::logs;

namespace {

// "name=value name:=json", "none" if it is not of the form.
std::string fields_of(const LineParser& parser, std::string_view text) {
  Record record;
  if (!parser.parse(text, record)) {
    CHECK(record.fields.empty());
    return "none";
  }
  std::string out;
  for (const Field& field : record.fields) {
    if (!out.empty()) out += ' ';
    out += field.name + (field.kind == Field::Kind::json ? ":=" : "=") + field.value;
  }
  return out;
}

std::string grok(const std::string& name, std::string_view text) {
  return fields_of(**PatternParser::grok(name, {}), text);
}

}  // namespace

TEST_CASE("logs: the named groups of a regular expression become fields", "[adapters][logs]") {
  const auto parser = PatternParser::regex(R"(^(?P<level>\w+)( x)? (?P<msg>.*)$)");
  REQUIRE(parser);
  CHECK(fields_of(**parser, "WARN low disk\nvery") == "level=WARN msg=low disk\nvery");
  CHECK(fields_of(**parser, "  ") == "none");
  CHECK(PatternParser::regex("(").error().contains("missing )"));
  CHECK(PatternParser::regex("(a)").error().contains("no group has a name"));
}

TEST_CASE("logs: access logs are read by grok patterns", "[adapters][logs]") {
  struct Row {
    const char* name;
    const char* line;
    const char* fields;
  };
  const Row rows[] = {
      {"common", R"(127.0.0.1 - - [26/Nov/2026:05:16:01 +0000] "GET /a?b=c HTTP/1.1" 200 5)",
       "client=127.0.0.1 time=26/Nov/2026:05:16:01 +0000 method=GET target=/a?b=c http_version=1.1 status:=200 "
       "bytes:=5"},
      {"common", R"(::1 - ann [26/Nov/2026:05:16:01 +0000] "-" 408 -)",
       "client=::1 user=ann time=26/Nov/2026:05:16:01 +0000 status:=408"},
      {"common", R"(h - - [26/Nov/2026:05:16:01 +0000] "\x16\x03\x01" 400 226)",
       R"(client=h time=26/Nov/2026:05:16:01 +0000 request=\x16\x03\x01 status:=400 bytes:=226)"},
      {"combined",
       R"(10.1.2.3 - - [26/Nov/2026:05:16:01 +0000] "POST / HTTP/2.0" 302 0 "https://a.b/" "curl/8 \"x\"" 0.005)",
       "client=10.1.2.3 time=26/Nov/2026:05:16:01 +0000 method=POST target=/ http_version=2.0 status:=302 bytes:=0 "
       R"(referer=https://a.b/ user_agent=curl/8 \"x\" extra=0.005)"},
      {"combined", R"(10.1.2.3 - - [26/Nov/2026:05:16:01 +0000] "GET / HTTP/1.0" 200 1 "-" "-")",
       "client=10.1.2.3 time=26/Nov/2026:05:16:01 +0000 method=GET target=/ http_version=1.0 status:=200 bytes:=1"},
      {"combined", "GET / HTTP/1.1", "none"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.line);
    CHECK(grok(row.name, row.line) == row.fields);
  }
}

TEST_CASE("logs: application and error logs are read by grok patterns", "[adapters][logs]") {
  struct Row {
    const char* name;
    const char* line;
    const char* fields;
  };
  const Row rows[] = {
      {"log4j",
       "2026-11-26 05:16:01,250 ERROR [main] com.example.App - it failed\njava.io.IOException: x\n\tat a.b(C.java:1)",
       "time=2026-11-26 05:16:01,250 level=ERROR thread=main logger=com.example.App msg=it "
       "failed\njava.io.IOException: "
       "x\n\tat a.b(C.java:1)"},
      {"log4j", "2026-11-26 05:16:01,250 [pool-1] INFO  c.e.App - up",
       "time=2026-11-26 05:16:01,250 thread=pool-1 level=INFO logger=c.e.App msg=up"},
      {"log4j", "2026-11-26T05:16:01.250Z  INFO 12 --- [app] [main] c.e.App    : Started",
       "time=2026-11-26T05:16:01.250Z level=INFO pid:=12 thread=main logger=c.e.App msg=Started"},
      {"python_traceback",
       "boom\nTraceback (most recent call last):\n  File \"/a.py\", line 3, in <module>\n    f()\n  File \"/b.py\", "
       "line 7, "
       "in f\n    raise ValueError(\"no\")\nValueError: no",
       "file=/b.py line:=7 function=f exception=ValueError msg=no"},
      {"nginx_error",
       R"(2026/11/26 05:16:01 [error] 12#13: *5 open() "/x" failed (2: No such file or directory), client: 127.0.0.1, server: _, request: "GET /x HTTP/1.1", host: "a:80")",
       R"(time=2026/11/26 05:16:01 level=error pid:=12 tid:=13 connection:=5 msg=open() "/x" failed (2: No such file or directory) client=127.0.0.1 server=_ request=GET /x HTTP/1.1 host=a:80)"},
      {"nginx_error", "2026/11/26 05:16:01 [notice] 1#1: start worker processes",
       "time=2026/11/26 05:16:01 level=notice pid:=1 tid:=1 msg=start worker processes"},
      {"apache_error", "[Thu Nov 26 05:16:01.123456 2026] [core:error] [pid 4:tid 5] [client 1.2.3.4:5] AH00124: no",
       "time=Thu Nov 26 05:16:01.123456 2026 module=core level=error pid:=4 tid:=5 client=1.2.3.4:5 msg=AH00124: no"},
      {"cri", "2026-11-26T05:16:01.123456789Z stderr F it is up",
       "time=2026-11-26T05:16:01.123456789Z stream=stderr msg=it is up"},
      {"syslog", "Nov  6 05:16:01 web1 sshd[812]: Accepted key",
       "time=Nov  6 05:16:01 host=web1 app=sshd pid:=812 msg=Accepted key"},
      {"syslog", "<13>2026-11-26T05:16:01+00:00 web1 cron: ran",
       "time=2026-11-26T05:16:01+00:00 host=web1 app=cron msg=ran"},
  };
  for (const Row& row : rows) {
    CAPTURE(row.name, row.line);
    CHECK(grok(row.name, row.line) == row.fields);
  }
}

TEST_CASE("logs: grok expressions have names, types and patterns of one's own", "[adapters][logs]") {
  CHECK(grok("%{IP:peer.address} took %{NUMBER:took:float}ms", "from 10.0.0.1 took 1.5ms") ==
        "peer.address=10.0.0.1 took:=1.5");
  CHECK(grok("%{WORD:a} (?P<b>.)", "x y") == "a=x b=y");
  CHECK(grok("%{NUMBER:n:int}", "007") == "n=007");  // no number in JSON
  CHECK(fields_of(**PatternParser::grok("%{TICKET:t}", {{"TICKET", "T-%{INT}"}}), "see T-12") == "t=T-12");
  const auto error = [](const std::string& text, const PatternParser::Patterns& own = {}) {
    const auto parser = PatternParser::grok(text, own);
    return parser ? std::string("none") : parser.error();
  };
  CHECK(error("combind").contains("did you mean \"combined\""));
  CHECK(error("%{NUMBR:x}").contains("did you mean \"NUMBER\""));
  CHECK(error("%{INT:x:date}").contains("int, float or string"));
  CHECK(error("%{INT").contains("has no }"));
  CHECK(error("%{INT:}").contains("without a name"));
  CHECK(error("%{INT}").contains("gives no field"));
  CHECK(error("%{A:x}", {{"A", "%{B}"}, {"B", "%{A}"}}).contains("more than 8 deep"));
  CHECK(error("%{A:x}", {{"A", "%{B}%{B}"}, {"B", std::string(20'000, 'x')}}).contains("longer than 32 KiB"));
}

TEST_CASE("logs: the members of a JSON object become fields", "[adapters][logs]") {
  const JsonParser parser;
  CHECK(fields_of(parser, R"( {"a":"x\ny","n":1.50,"t":true,"z":null,"o":{"p":["q",2]},"e":{}} )") ==
        "a=x\ny n:=1.50 t:=true z:=null o:={\"p\":[\"q\",2]} e:={}");
  for (const char* bad : {"", "[1]", "x", "{", "{\"a\":1} tail", "{\"a\":1,\"a\":2}"}) {
    CAPTURE(bad);
    CHECK(fields_of(parser, bad) == "none");
  }
}

TEST_CASE("logs: logfmt pairs become fields", "[adapters][logs]") {
  const LogfmtParser parser;
  CHECK(fields_of(parser, R"(level=info msg="It\"s up\n" took=1.5 ok=true ready e= u=a=b)") ==
        "level=info msg=It\"s up\n took:=1.5 ok:=true ready:=true e= u=a=b");
  for (const char* bad : {"", "plain words only", "a=\"open", "a=\"x\"y", "=x", "a=1 \"q\"=2", "a=1 b\"c"}) {
    CAPTURE(bad);
    CHECK(fields_of(parser, bad) == "none");
  }
  std::string many;
  for (int i = 0; i < 300; ++i) many += "k" + std::to_string(i) + "=1 ";
  CHECK(fields_of(parser, many) == "none");
}

TEST_CASE("logs: numbers are those that JSON has", "[adapters][logs]") {
  for (const char* good : {"0", "-1", "10.5", "1e3", "1.5E-7"}) CHECK(is_json_number(good));
  for (const char* bad : {"", "-", "+1", "01", "1.", ".5", "1e", "5E1795670161", "0x1", "1 ", "NaN",
                          "123456789012345678901234567890123"}) {
    CAPTURE(bad);
    CHECK_FALSE(is_json_number(bad));
  }
}
