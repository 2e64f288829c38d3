#include "adapters/health/health.h"

#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <fstream>

#include "adapters/health/exec_probe.h"
#include "adapters/process/proc_files.h"
#include "outrigger/background.h"
#include "support/adapter_harness.h"
#include "support/manual_peer.h"
#include "support/temporary_file.h"

namespace outrigger::adapters {

using Catch::Contains;
using namespace std::chrono_literals;

namespace {

// The problem that a probe of that entry finds; "-" while it has not ended.
std::string probe_once(test::AdapterHarness& harness, const Check& check) {
  std::string problem = "-";
  const auto probe = make_probe(check, harness.services());
  probe->begin([&](std::string found) { problem = std::move(found); });
  harness.run_until([&] { return problem != "-"; });
  return problem;
}

std::string health(test::AdapterHarness& harness) {
  return harness.pages().empty() ? "" : health_text(*harness.pages().back().verdict, true);
}

}  // namespace

TEST_CASE("health: a port is good while it accepts", "[adapter][health]") {
  test::AdapterHarness harness;
  test::ManualPeer port;
  Check check;
  check.tcp = port.address();
  CHECK(probe_once(harness, check) == "");
  port.refuse();
  CHECK(probe_once(harness, check) == "Connection refused");
  check.tcp = "localhost:" + std::to_string(net::Address::parse(port.address())->port());
  CHECK_THAT(probe_once(harness, check), Contains("refused"));
}

TEST_CASE("health: a program is good when it ends with 0, else its first line says why", "[adapter][health]") {
  struct Row {
    const char* script;
    const char* problem;
  };
  for (const Row& row :
       {Row{"exit 0", ""}, Row{"echo disk full; echo more; exit 3", "exit code 3: disk full"},
        Row{"echo oh no >&2; exit 1", "exit code 1: oh no"}, Row{"kill -TERM $$", "killed by signal 15"},
        Row{"printf 'a\\033b\\n'; exit 1", "exit code 1: a?b"},
        Row{"head -c 200000 /dev/zero | tr '\\0' x; exit 0", ""}}) {
    CAPTURE(row.script);
    test::AdapterHarness harness;
    Check check;
    check.exec = {"/bin/sh", "-c", row.script};
    check.timeout = 10s;
    CHECK(probe_once(harness, check) == row.problem);
  }
}

TEST_CASE("health: a program that does not end is killed at its deadline, children with it", "[adapter][health]") {
  const test::TemporaryFile pids("");
  test::AdapterHarness harness;
  Check check;
  check.exec = {"/bin/sh", "-c", "trap '' TERM; sleep 60 & echo $! $$ > " + pids.path() + "; wait; wait"};
  check.timeout = 300ms;
  CHECK(probe_once(harness, check) == "did not end within 300ms");
  std::ifstream file(pids.path());
  for (pid_t pid = 0; file >> pid;) {
    CHECK(harness.run_until([&] { return !usage_of(pid); }));
  }
}

TEST_CASE("health: a program that cannot be run says so", "[adapter][health]") {
  test::AdapterHarness harness;
  Check check;
  check.exec = {"/no/such/program"};
  CHECK(probe_once(harness, check) == "cannot run /no/such/program: No such file or directory");
}

TEST_CASE("health: a probe that is destroyed kills its program", "[adapter][health]") {
  const test::TemporaryFile pids("");
  test::AdapterHarness harness;
  pid_t pid = 0;
  {
    ExecProbe running({"/bin/sh", "-c", "echo $$ > " + pids.path() + "; sleep 60"}, 60s, harness.services());
    running.begin([](std::string) {});
    REQUIRE(harness.run_until([&] { return bool(std::ifstream(pids.path()) >> pid); }));
  }
  CHECK(harness.run_until([&] { return !usage_of(pid); }));
}

TEST_CASE("health: a killed program leaves no zombie, however busy the helpers are", "[adapter][health]") {
  struct Busy final : Job {
    void run() noexcept override { is_free.wait(false); }
    std::atomic<bool> is_free = false;
  };
  const std::vector<std::shared_ptr<Busy>> jobs = {std::make_shared<Busy>(), std::make_shared<Busy>()};
  for (const auto& job : jobs) REQUIRE(submit(job));
  const test::TemporaryFile pids("");
  test::AdapterHarness harness;
  pid_t pid = 0;
  {
    ExecProbe running({"/bin/sh", "-c", "echo $$ > " + pids.path() + "; sleep 60"}, 60s, harness.services());
    running.begin([](std::string) {});
    CHECK(harness.run_until([&] { return bool(std::ifstream(pids.path()) >> pid); }));
  }
  CHECK(harness.run_until([&] { return ::kill(pid, 0) != 0 && errno == ESRCH; }));
  for (const auto& job : jobs) {
    job->is_free = true;
    job->is_free.notify_all();
  }
}

TEST_CASE("health: checks of logs look back as far as they are told", "[adapter][health]") {
  test::AdapterHarness harness;
  Check absent;
  absent.log_absent = "OutOfMemory";
  const auto probe = make_probe(absent, harness.services());
  std::string problem = "-";
  const auto look = [&] {
    probe->begin([&](std::string found) { problem = std::move(found); });
    return problem;
  };
  harness.line("all is well");
  CHECK(look() == "");
  harness.line("java.lang.OutOfMemoryError");
  CHECK(look() == "a line matched in the latest 1m");
  Check present;
  present.log_present = "heartbeat";
  present.within = 1s;
  const auto heart = make_probe(present, harness.services());
  bool is_dead = false;
  heart->begin([&](const std::string& found) { is_dead = !found.empty(); });
  CHECK_FALSE(is_dead);
  CHECK(harness.run_until([&] {
    heart->begin([&](const std::string& found) { is_dead = !found.empty(); });
    return is_dead;
  }));
  harness.line("heartbeat 7");
  heart->begin([&](const std::string& found) { is_dead = !found.empty(); });
  CHECK_FALSE(is_dead);
}

TEST_CASE("health: a process is good while it runs", "[adapter][health]") {
  test::AdapterHarness harness;
  Check check;
  check.pid = ::getpid();
  CHECK(probe_once(harness, check) == "");
  check.pid = 4'194'304;
  CHECK(probe_once(harness, check) == "no such process runs");
}

TEST_CASE("health: a breaker is good unless it is open", "[adapter][health]") {
  test::AdapterHarness harness;
  double state = 0;
  stats::gauge_callback("outrigger_breaker_state", "State.", {{"upstream", "health-test"}}, [&] { return state; });
  Check check;
  check.breaker = "health-test";
  CHECK(probe_once(harness, check) == "");
  state = 1;
  CHECK(probe_once(harness, check) == "the circuit breaker is open");
  state = 2;
  CHECK(probe_once(harness, check) == "");
  stats::gauge_callback("outrigger_breaker_state", "State.", {{"upstream", "health-test"}},
                        [] { return std::numeric_limits<double>::quiet_NaN(); });
}

TEST_CASE("health: checks are combined by all and any, also inside each other", "[adapter][health]") {
  const std::string good = "{pid: " + std::to_string(::getpid()) + "}";
  const std::string bad = "{pid: 4194304}";
  for (const auto& [entry, state] : {std::pair{"all: [" + good + ", " + good + "]", "healthy"},
                                     {"all: [" + good + ", " + bad + "]", "unhealthy"},
                                     {"any: [" + bad + ", " + good + "]", "healthy"},
                                     {"any: [" + bad + "]", "unhealthy"},
                                     {"all: [" + good + ", {any: [" + bad + ", " + good + "]}]", "healthy"},
                                     {"any: [{all: [" + good + ", " + bad + "]}, " + bad + "]", "unhealthy"}}) {
    CAPTURE(entry);
    test::AdapterHarness harness;
    REQUIRE(harness.add("health", "{name: combined, " + entry + "}"));
    CHECK_THAT(health(harness), Contains(std::string("combined: ") + state + "\n"));
  }
}

TEST_CASE("health: after a reload one bad round turns nothing", "[adapter][health]") {
  test::AdapterHarness harness;
  REQUIRE(harness.add("health", "{name: kept, all: [{pid: " + std::to_string(::getpid()) + "}]}"));
  REQUIRE(harness.add("health", "{name: kept, every: 100ms, fall: 3, all: [{pid: 4194304}]}"));
  CHECK_THAT(health(harness), Contains("kept: healthy\n- process pid 4194304: no such process runs"));
  CHECK(harness.run_until([&] { return health(harness).starts_with("kept: unhealthy\n"); }));
}

TEST_CASE("health: what the checks say is told in text and JSON", "[adapter][health]") {
  test::AdapterHarness harness;
  REQUIRE(harness.add("health", "{path: /healthz, all: [{pid: 4194304}]}"));
  const auto& verdict = *harness.pages().back().verdict;
  CHECK(health_text(verdict, true) == "/healthz: unhealthy\n- process pid 4194304: no such process runs\n");
  CHECK(health_text(verdict, false) == "unhealthy\n");
  CHECK_THAT(
      health_json(verdict, true),
      Contains("{\"name\":\"/healthz\",\"status\":\"unhealthy\",\"since\":\"20") &&
          Contains(
              "\"checks\":[{\"check\":\"process pid 4194304\",\"ok\":false,\"problem\":\"no such process runs\"}]}"));
  CHECK_THAT(health_json(verdict, false), !Contains("checks"));
  CHECK_THAT(stats::exposition(), Contains("outrigger_health_status{name=\"/healthz\"} 0"));
}

TEST_CASE("health: what cannot work is refused with the configuration", "[adapter][health]") {
  struct Row {
    const char* entry;
    const char* error;
  };
  for (const Row& row :
       {Row{"{path: /h}", "needs either all or any"}, Row{"{path: h, all: [{tcp: 'a:1'}]}", "no path"},
        Row{"{path: /h, all: [{}]}", "needs one of tcp"},
        Row{"{path: /h, all: [{tcp: 'a:1', exec: b}]}", "more than one check"},
        Row{"{path: /h, all: [{tcp: '80'}]}", "has no host"}, Row{"{path: /h, all: [{http: 'ftp://a'}]}", "http"},
        Row{"{path: /h, all: [{log_absent: '('}]}", "missing )"},
        Row{"{path: /h, all: [{breaker: nobody}]}", "unknown upstream \"nobody\""},
        Row{"{path: /h, all: [{tpc: 'a:1'}]}", "did you mean \"tcp\"?"}}) {
    CAPTURE(row.entry);
    test::AdapterHarness harness;
    CHECK(harness.add("health", row.entry) == nullptr);
    CHECK_THAT(harness.errors(), Contains(row.error));
  }
}

}  // namespace outrigger::adapters
