#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <catch2/catch.hpp>
#include <chrono>
#include <csignal>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <sstream>
#include <thread>
#include <vector>

#include "outrigger/line_log.h"
#include "outrigger/stats.h"
#include "support/temporary_directory.h"

namespace outrigger {
namespace {

bool write_line(LineLog& log, const std::string& text) {
  char* room = log.reserve();
  if (room == nullptr) return false;
  std::memcpy(room, text.data(), text.size());
  room[text.size()] = '\n';
  log.commit(text.size() + 1);
  return true;
}

std::string content(const std::string& path) {
  std::ifstream in(path);
  std::stringstream text;
  text << in.rdbuf();
  return text.str();
}

std::int64_t dropped(const std::string& log, const char* reason) {
  return stats::counter("outrigger_log_dropped_lines_total", "", {{"log", log}, {"reason", reason}}).total();
}

bool comes_true(const std::function<bool()>& question) {
  const auto end = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!question()) {
    if (std::chrono::steady_clock::now() > end) return false;
    std::this_thread::yield();
  }
  return true;
}

// A pipe that nobody reads, and the path under which it can be opened.
struct Pipe {
  Pipe() {
    REQUIRE(::pipe2(fds, O_CLOEXEC) == 0);
    path = "/proc/self/fd/" + std::to_string(fds[1]);
  }
  ~Pipe() {
    ::close(fds[0]);
    ::close(fds[1]);
  }
  // Reads until `end` is found.
  std::string read_to(const std::string& end) const {
    std::string text;
    char buffer[65536];
    while (text.find(end) == std::string::npos) {
      const auto size = ::read(fds[0], buffer, sizeof buffer);
      if (size <= 0) break;
      text.append(buffer, static_cast<std::size_t>(size));
    }
    return text;
  }
  int fds[2];
  std::string path;
};

}  // namespace

TEST_CASE("log: lines are appended to the file", "[log]") {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "a.log";
  std::ofstream(path) << "there\n";
  auto log = open_log(path);
  CHECK(write_line(*log, "one"));
  CHECK(write_line(*log, "two"));
  close_logs();
  CHECK(content(path) == "there\none\ntwo\n");
}

TEST_CASE("log: lines of many threads stay whole, and in order within a thread", "[log]") {
  constexpr int kThreads = 4;
  constexpr int kLines = 20000;
  const test::TemporaryDirectory directory;
  const std::string path = directory / "a.log";
  std::atomic<int> refused{0};
  std::vector<std::thread> threads;
  for (int thread = 0; thread < kThreads; ++thread) {
    threads.emplace_back([&, thread] {
      auto log = open_log(path);
      for (int i = 0; i < kLines; ++i) {
        if (!write_line(*log, std::to_string(thread) + " " + std::to_string(i) + std::string(100, '.'))) ++refused;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  close_logs();

  std::map<int, int> last;
  int lines = 0;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line); ++lines) {
    int thread = 0;
    int number = 0;
    REQUIRE(std::sscanf(line.c_str(), "%d %d", &thread, &number) == 2);
    REQUIRE(line.ends_with(std::string(100, '.')));
    if (last.contains(thread)) REQUIRE(last[thread] < number);
    last[thread] = number;
  }
  CHECK(lines + refused == kThreads * kLines);
  CHECK(dropped(path, "stalled") == refused);
}

TEST_CASE("log: a reader that stalls costs lines, never time, and gets whole lines later", "[log]") {
  const Pipe pipe;
  auto log = open_log(pipe.path);
  const std::string text(999, 'x');
  int taken = 0;
  while (write_line(*log, text)) ++taken;
  // The pipe holds 64 KiB, the lane at least three of its four chunks.
  CHECK(taken > 180);
  CHECK(dropped(pipe.path, "stalled") == 1);

  std::string read = pipe.read_to(std::string(100, 'x'));
  while (!write_line(*log, "last")) read += pipe.read_to("x");
  read += pipe.read_to("last\n");
  std::stringstream lines(read);
  for (std::string line; std::getline(lines, line);) REQUIRE((line == text || line == "last"));
  CHECK(std::ranges::count(read, '\n') == taken + 1);
}

TEST_CASE("log: what a full disk refuses is counted", "[log]") {
  auto log = open_log("/dev/full");
  const auto before = dropped("/dev/full", "failed");
  for (int i = 0; i < 3; ++i) write_line(*log, "lost");
  close_logs();
  CHECK(dropped("/dev/full", "failed") == before + 3);
}

TEST_CASE("log: a closed reader is counted", "[log]") {
  ::signal(SIGPIPE, SIG_IGN);
  Pipe pipe;
  auto log = open_log(pipe.path);
  write_line(*log, "read");
  pipe.read_to("read\n");  // the writer has opened it
  ::close(pipe.fds[0]);
  pipe.fds[0] = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  write_line(*log, "lost");
  close_logs();
  CHECK(dropped(pipe.path, "failed") == 1);
}

TEST_CASE("log: a file that cannot be opened costs its lines", "[log]") {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "missing/a.log";
  auto log = open_log(path);
  write_line(*log, "lost");
  close_logs();
  CHECK(dropped(path, "failed") == 1);
}

TEST_CASE("log: reopening goes on in a new file", "[log]") {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "a.log";
  const std::string moved = directory / "a.log.1";
  auto log = open_log(path);
  write_line(*log, "old");
  REQUIRE(comes_true([&] { return !content(path).empty(); }));
  std::filesystem::rename(path, moved);
  write_line(*log, "before");
  reopen_logs();
  REQUIRE(comes_true([&] { return std::filesystem::exists(path); }));
  write_line(*log, "new");
  close_logs();
  CHECK(content(moved) == "old\nbefore\n");
  CHECK(content(path) == "new\n");
}

TEST_CASE("log: a reload that drops a log writes what it still holds", "[log]") {
  const test::TemporaryDirectory directory;
  const std::string path = directory / "a.log";
  {
    auto log = open_log(path);
    write_line(*log, "last");
  }
  auto again = open_log(path);
  write_line(*again, "first");
  close_logs();
  CHECK(content(path) == "last\nfirst\n");
}

}  // namespace outrigger
