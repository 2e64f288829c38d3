#include "adapters/claim.h"

#include <catch2/catch.hpp>

#include "adapters/registry.h"
#include "config/load.h"

namespace outrigger::adapters {
namespace {

// What is wrong with these `adapters:`: "line:column path: message" for each error.
std::string problems(const std::string& adapters) {
  const std::string text =
      "version: 1\nlisteners: [{address: \"127.0.0.1:1\", upstream: app}]\nupstreams: {app: 127.0.0.1:9}\nadapters:\n" +
      adapters;
  config::FilterCatalog all;
  all.adapters = catalog();
  std::string found;
  for (const auto& each : config::load_text(text, "test.yaml", all, check_claims).diagnostics) {
    found +=
        std::to_string(each.line) + ":" + std::to_string(each.column) + " " + each.path + ": " + each.message + "\n";
  }
  return found;
}

}  // namespace

TEST_CASE("claims: what only one adapter can have is refused at the second, with the place of the first", "[adapter]") {
  struct Row {
    const char *list, *first, *second, *problem;
  };
  const Row rows[] = {
      {"health", "{path: /a, all: [{pid: 1}]}", "{path: /a, all: [{pid: 1}]}",
       "7:14 adapters.health[1].path: the path /a is already taken by adapters.health[0].path\n"},
      {"health", "{path: /a, all: [{pid: 1}]}", "{name: /a, all: [{pid: 1}]}",
       "7:14 adapters.health[1].name: the name /a is already taken by adapters.health[0].path\n"},
      {"health", "{path: /a, all: [{pid: 1}]}", "{path: /b, all: [{pid: 1}]}", ""},
      {"metrics", "{statsd: \"127.0.0.1:8125\"}", "{statsd: \"127.0.0.1:8125\"}",
       "7:16 adapters.metrics[1].statsd: UDP 127.0.0.1:8125 is already taken by adapters.metrics[0].statsd\n"},
      {"metrics", "{statsd: \"[::1]:8125\"}", "{statsd: \"[0::1]:8125\"}",
       "7:16 adapters.metrics[1].statsd: UDP [::1]:8125 is already taken by adapters.metrics[0].statsd\n"},
      {"metrics", "{statsd: \"127.0.0.1:8125\"}", "{statsd: \"127.0.0.1:8126\"}", ""},
      {"metrics", "{pid: 1}", "{pid: 1}", ""},
      {"logs", "{syslog: \"127.0.0.1:514\"}", "{syslog: \"127.0.0.1:514\", name: other}",
       "7:16 adapters.logs[1].syslog: UDP 127.0.0.1:514 is already taken by adapters.logs[0].syslog\n"},
      {"logs", "{syslog: \"127.0.0.1:514\", transport: datagram}", "{syslog: \"127.0.0.1:514\", transport: stream}",
       "7:16 adapters.logs[1].syslog: the source 127.0.0.1:514 is already taken by adapters.logs[0].syslog: give one "
       "of "
       "them another `name`\n"},
      {"logs", "{syslog: \"127.0.0.1:514\", transport: datagram}",
       "{syslog: \"127.0.0.1:514\", transport: stream, name: other}", ""},
      {"logs", "{syslog: \"unix:/nowhere/a\"}", "{syslog: \"unix:/nowhere/a\", transport: stream, name: other}",
       "7:16 adapters.logs[1].syslog: unix:/nowhere/a is already taken by adapters.logs[0].syslog\n"},
      {"logs", "{stdin: true}", "{stdin: true, name: other}",
       "7:15 adapters.logs[1].stdin: standard input is already taken by adapters.logs[0].stdin\n"},
      {"logs", "{tail: /nowhere/a}", "{tail: /nowhere/a}",
       "7:14 adapters.logs[1].tail: the source /nowhere/a is already taken by adapters.logs[0].tail: give one of them "
       "another `name`\n"},
      {"logs", "{tail: /nowhere/a}", "{tail: /nowhere/a, name: other}", ""},
  };
  for (const Row& row : rows) {
    CAPTURE(row.first, row.second);
    const std::string list = std::string("  ") + row.list + ":\n    - " + row.first + "\n    - " + row.second + "\n";
    CHECK(problems(list) == row.problem);
  }
}

TEST_CASE("claims: adapters of different kinds share nothing either", "[adapter]") {
  const char* socket =
      "  logs:\n    - {syslog: \"unix:/nowhere/a\"}\n  metrics:\n    - {statsd: \"unix:/nowhere/a\"}\n";
  CHECK(problems(socket) ==
        "8:16 adapters.metrics[0].statsd: unix:/nowhere/a is already taken by adapters.logs[0].syslog\n");
}

TEST_CASE("claims: of an adapter with errors nothing is asked", "[adapter]") {
  const std::string found = problems("  metrics:\n    - {statsd: nonsense}\n    - {statsd: nonsense}\n");
  CHECK_FALSE(found.contains("taken"));
}

}  // namespace outrigger::adapters
