#include "adapters/process/process.h"

#include <fcntl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>

#include "support/adapter_harness.h"
#include "support/temporary_directory.h"
#include "support/temporary_file.h"

namespace outrigger::adapters {

using Catch::Contains;

namespace {

// A child that does nothing until the test ends it.
class Child {
 public:
  // It has begun when its end of the pipe is closed: before, it has no memory of its own.
  Child() {
    int ends[2];
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    pid_ = ::fork();
    if (pid_ == 0) {
      ::execlp("sleep", "sleep", "60", nullptr);
      ::_exit(127);
    }
    ::close(ends[1]);
    char byte = 0;
    CHECK(::read(ends[0], &byte, 1) == 0);
    ::close(ends[0]);
  }
  ~Child() { end(); }
  void end() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  std::string pid() const { return std::to_string(pid_); }

 private:
  pid_t pid_ = 0;
};

}  // namespace

TEST_CASE("process: what it uses is read by pid and by pid file", "[adapter][process]") {
  Child child;
  const test::TemporaryFile file(child.pid() + "\n");
  for (const std::string& which : {"pid: " + child.pid(), "pid_file: " + file.path()}) {
    CAPTURE(which);
    test::AdapterHarness harness;
    REQUIRE(harness.add("metrics", "{" + which + ", labels: {process: p}, every: 1s}"));
    const std::string page = harness.metrics();
    CHECK_THAT(page, Contains("app_processes{process=\"p\"} 1\n"));
    CHECK_THAT(page, Contains("app_process_threads{process=\"p\"} 1\n"));
    CHECK_THAT(page, Contains("# TYPE app_process_cpu_seconds_total counter\n"));
    CHECK_THAT(page, Contains("app_process_resident_memory_bytes{process=\"p\"} ") &&
                         !Contains("memory_bytes{process=\"p\"} 0\n"));
    CHECK_THAT(page, Contains("app_process_open_fds{process=\"p\"} "));
  }
}

TEST_CASE("process: one that has ended has no memory, and its processor time stays", "[adapter][process]") {
  Child child;
  test::AdapterHarness harness;
  REQUIRE(harness.add("metrics", "{pid: " + child.pid() + ", every: 1s}"));
  child.end();
  CHECK(harness.run_until([&] {
    return harness.metrics().find("app_processes{process=\"pid") != std::string::npos &&
           harness.metrics().find("memory") == std::string::npos;
  }));
  CHECK_THAT(harness.metrics(), Contains("cpu_seconds_total"));
}

TEST_CASE("process: an adapter that is made anew does not count processor time again", "[adapter][process]") {
  const auto used = [] { return usage_of(::getpid())->cpu_seconds; };
  while (used() < 0.2) {
  }
  test::AdapterHarness harness;
  const std::string entry = "{pid: " + std::to_string(::getpid()) + ", labels: {process: p}}";
  for (int i = 0; i < 2; ++i) REQUIRE(harness.add("metrics", entry));
  const std::string name = "app_process_cpu_seconds_total{process=\"p\"} ";
  const std::string page = harness.metrics();
  REQUIRE_THAT(page, Contains('\n' + name));
  CHECK(std::stod(page.substr(page.rfind(name) + name.size())) < used() + 0.1);
}

TEST_CASE("process: a stat line is read behind whatever name the process gave itself", "[adapter][process]") {
  const test::TemporaryDirectory directory;
  const std::string& proc = directory.path();
  const std::string folder = proc + "/77";
  std::filesystem::create_directories(folder + "/fd");
  const auto write = [&](const char* file, std::string_view text) { std::ofstream(folder + file) << text; };
  write("/stat",
        "77 (a) b) 9) S 1 77 77 0 -1 4194304 100 0 0 0 200 100 0 0 20 0 5 0 12345 1000 0 18446744073709551615");
  write("/statm", "730 3 2 5 0 89 0\n");
  write("/comm", "worker\n");
  write("/cmdline", std::string_view("/usr/bin/app\0-x\0", 16));
  const auto usage = usage_of(77, proc);
  REQUIRE(usage);
  CHECK(usage->cpu_seconds == 300.0 / static_cast<double>(::sysconf(_SC_CLK_TCK)));
  CHECK(usage->threads == 5);
  CHECK(usage->started == 12345);
  CHECK(usage->resident_bytes == 3.0 * static_cast<double>(::sysconf(_SC_PAGESIZE)));
  CHECK(pids_named("app", proc) == std::vector{77});
  CHECK(pids_named("worker", proc) == std::vector{77});
  CHECK(pids_named("other", proc).empty());
  for (const char* bad :
       {"", "77 (a", "77 (a) Z 1", "77 (a) Z 1 77 77 0 -1 0 1 0 0 0 2 1 0 0 20 0 5 0 12345 1000 3 1"}) {
    write("/stat", bad);
    CHECK_FALSE(usage_of(77, proc));
  }
}

}  // namespace outrigger::adapters
