#include <unistd.h>

#include <catch2/catch.hpp>
#include <cstdio>
#include <filesystem>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "adapters/logs/tail/tail_source.h"
#include "support/temporary_directory.h"

using namespace outrigger;
using namespace outrigger::adapters::logs;
using namespace std::chrono_literals;
using outrigger::test::append;
using outrigger::test::TemporaryDirectory;

namespace {

using Strings = std::vector<std::string>;

// A followed directory: what came of it, and what of it counts as delivered.
class Follower final : public EventSink {
 public:
  explicit Follower(const TemporaryDirectory& directory) : directory_(directory) {}

  // Begins to follow; what was followed before is forgotten but for the state file, as after kill -9.
  void start(std::function<void(TailOptions&)> change = {}) {
    source_.reset();
    TailOptions options;
    options.patterns = {directory_ / "*.log"};
    options.look_every = 20ms;
    options.flush_after = 50ms;
    options.state.emplace(directory_.path(), "state");
    if (change) change(options);
    rule_ = options.join;
    std::vector<FilePosition> known = options.state->load().value();
    source_ = std::make_unique<TailSource>(loop_, std::move(options), std::move(known), *this, stats_);
    source_->start();
  }
  // Everything that came so far, once there are `count`.
  const Strings& lines(std::size_t count) {
    run([&] { return lines_.size() >= count; });
    return lines_;
  }
  void run(const std::function<bool()>& done) {
    const Instant end = std::chrono::steady_clock::now() + 20s;
    std::function<void()> look = [&] {
      if (done() || std::chrono::steady_clock::now() > end) return loop_.stop();
      poll_->start(1ms);
    };
    poll_ = std::make_unique<Timer>(loop_, look);
    poll_->start(1ms);
    loop_.run();
    poll_.reset();
  }
  // Time for the source to do what it should not do.
  void settle() {
    const Instant end = std::chrono::steady_clock::now() + 100ms;
    run([&] { return std::chrono::steady_clock::now() > end; });
  }
  // What came from now on waits for delivery.
  void hold() { holds_ = true; }
  void be_full(bool full) {
    full_ = full;
    if (!full) source_->resume();
  }
  const LogStats& stats() const { return stats_; }

 private:
  bool is_full() const override { return full_; }
  void take(const Origin& origin, const Event& event) override {
    lines_.emplace_back(event.text);
    if (holds_) return;
    origin.position->offset = event.end;
    if (!event.last.empty()) {
      const std::size_t size = std::min(event.last.size(), FilePosition::kLastBytes);
      origin.position->last = Trace::of(event.last.substr(event.last.size() - size), event.last_end);
    }
    source_->delivered();
  }

  const TemporaryDirectory& directory_;
  EventLoop loop_;
  LogStats stats_{"tail_test"};
  JoinRule rule_;
  Strings lines_;
  bool holds_ = false;
  bool full_ = false;
  std::unique_ptr<Timer> poll_;
  std::unique_ptr<TailSource> source_;
};

void move(const std::string& from, const std::string& to) { REQUIRE(std::rename(from.c_str(), to.c_str()) == 0); }

}  // namespace

TEST_CASE("logs: a file is followed as it grows, a new one from its beginning", "[adapters][logs]") {
  const TemporaryDirectory directory;
  append(directory / "a.log", "one\ntw");
  Follower follower(directory);
  follower.start();
  CHECK(follower.lines(1) == Strings{"one"});
  append(directory / "a.log", "o\r\nthree\n");
  CHECK(follower.lines(3) == Strings{"one", "two", "three"});
  append(directory / "b.log", "four\n");
  CHECK(follower.lines(4).back() == "four");
}

TEST_CASE("logs: from the end, only what comes is read", "[adapters][logs]") {
  const TemporaryDirectory directory;
  append(directory / "a.log", "old\n");
  Follower follower(directory);
  follower.start([](TailOptions& options) { options.from_end = true; });
  append(directory / "a.log", "new\n");
  append(directory / "b.log", "first\n");
  follower.lines(2);
  follower.settle();
  CHECK(follower.lines(2).size() == 2);
  CHECK(std::ranges::count(follower.lines(2), "old") == 0);
}

TEST_CASE("logs: a renamed file is read to its end before the one that takes its name", "[adapters][logs]") {
  const TemporaryDirectory directory;
  Follower follower(directory);
  append(directory / "a.log", "1\n");
  follower.start();
  follower.lines(1);
  append(directory / "a.log", "2\n3\n");
  move(directory / "a.log", directory / "a.log.1");
  append(directory / "a.log", "4\n");
  CHECK(follower.lines(4) == Strings{"1", "2", "3", "4"});
  append(directory / "a.log.1", "late\n");  // a writer that has not noticed
  CHECK(follower.lines(5).back() == "late");
}

TEST_CASE("logs: a removed file is read to its end", "[adapters][logs]") {
  const TemporaryDirectory directory;
  Follower follower(directory);
  append(directory / "a.log", "1\n");
  follower.start();
  follower.lines(1);
  append(directory / "a.log", "2\n");
  std::filesystem::remove(directory / "a.log");
  append(directory / "a.log", "3\n");
  CHECK(follower.lines(3) == Strings{"1", "2", "3"});
}

TEST_CASE("logs: a directory that was removed and made again is watched again", "[adapters][logs]") {
  const TemporaryDirectory directory;
  std::filesystem::create_directory(directory / "sub");
  append(directory / "sub/a.log", "1\n");
  Follower follower(directory);
  follower.start([&](TailOptions& options) {
    options.patterns = {directory / "sub/*.log"};
    options.look_every = 1h;  // only the kernel tells
  });
  follower.lines(1);
  std::filesystem::remove_all(directory / "sub");
  std::filesystem::create_directory(directory / "sub");
  append(directory / "sub/b.log", "2\n");
  CHECK(follower.lines(2) == Strings{"1", "2"});
  append(directory / "sub/c.log", "3\n");
  CHECK(follower.lines(3) == Strings{"1", "2", "3"});
}

TEST_CASE("logs: a truncated file begins anew, what was not read comes from its copy", "[adapters][logs]") {
  const TemporaryDirectory directory;
  Follower follower(directory);
  append(directory / "a.log", "one\n");
  follower.start();
  follower.lines(1);
  follower.be_full(true);
  append(directory / "a.log", "two\nthree\n");
  std::filesystem::copy_file(directory / "a.log", directory / "a.log.1");
  SECTION("and is shorter than before") {
    std::filesystem::resize_file(directory / "a.log", 0);
    append(directory / "a.log", "4\n");
  }
  SECTION("and has grown beyond what it was") {
    std::filesystem::resize_file(directory / "a.log", 0);
    append(directory / "a.log", "4\nand a much longer line\n");
  }
  follower.settle();
  follower.be_full(false);
  const Strings& lines = follower.lines(4);
  CHECK(Strings(lines.begin(), lines.begin() + 4) == Strings{"one", "two", "three", "4"});
}

TEST_CASE("logs: a truncated file is known by its beginning where size and end are the same", "[adapters][logs]") {
  const TemporaryDirectory directory;
  Follower follower(directory);
  const std::string rest = " " + std::string(80, 'x') + "\n";
  append(directory / "a.log", "1" + rest);
  follower.start();
  follower.lines(1);
  follower.be_full(true);
  append(directory / "a.log", "2" + rest);
  std::filesystem::copy_file(directory / "a.log", directory / "a.log.1");
  std::filesystem::resize_file(directory / "a.log", 0);
  append(directory / "a.log", "3" + rest);
  follower.be_full(false);
  const Strings& lines = follower.lines(3);
  REQUIRE(lines.size() == 3);
  CHECK((lines[1][0] == '2' && lines[2][0] == '3'));
}

TEST_CASE("logs: copies that match the pattern are not read again", "[adapters][logs]") {
  const TemporaryDirectory directory;
  Follower follower(directory);
  append(directory / "a.log", "one\n");
  const auto all = [&](TailOptions& options) { options.patterns = {directory / "a.log*"}; };
  follower.start(all);
  follower.lines(1);
  std::filesystem::copy_file(directory / "a.log", directory / "a.log.new");
  move(directory / "a.log.new", directory / "a.log.1");
  follower.settle();
  std::filesystem::resize_file(directory / "a.log", 0);
  append(directory / "a.log", "2\n");
  CHECK(follower.lines(2) == Strings{"one", "2"});
  move(directory / "a.log.1", directory / "a.log.2");
  move(directory / "a.log", directory / "a.log.1");
  append(directory / "a.log", "3\n");
  follower.lines(3);
  follower.start(all);
  append(directory / "a.log", "4\n");
  follower.lines(4);
  follower.settle();
  CHECK(follower.lines(4) == Strings{"one", "2", "3", "4"});
}

TEST_CASE("logs: a restart goes on where records were delivered", "[adapters][logs]") {
  const TemporaryDirectory directory;
  Follower follower(directory);
  append(directory / "a.log", "1\n2\n");
  follower.start();
  follower.lines(2);
  follower.hold();
  append(directory / "a.log", "3\n");
  follower.lines(3);
  follower.start();
  CHECK(follower.lines(4) == Strings{"1", "2", "3", "3"});
}

TEST_CASE("logs: a restart finds files that were rotated meanwhile", "[adapters][logs]") {
  const TemporaryDirectory directory;
  Follower follower(directory);
  append(directory / "a.log", "one\n");
  follower.start();
  follower.lines(1);
  follower.be_full(true);
  append(directory / "a.log", "two\n");
  SECTION("by renaming") {
    move(directory / "a.log", directory / "a.log.1");
    append(directory / "a.log", "three\n");
  }
  SECTION("by copying and truncating") {
    std::filesystem::copy_file(directory / "a.log", directory / "a.log.1");
    std::filesystem::resize_file(directory / "a.log", 0);
    append(directory / "a.log", "three\n");
  }
  follower.be_full(false);
  follower.start();
  CHECK(follower.lines(3) == Strings{"one", "two", "three"});
}

TEST_CASE("logs: files in between are read when there were several rotations at once", "[adapters][logs]") {
  const TemporaryDirectory directory;
  Follower follower(directory);
  append(directory / "a.log", "one\n");
  append(directory / "a.log.err", "another file\n");
  follower.start();
  follower.lines(1);
  const bool restarts = GENERATE(false, true);
  if (restarts) follower.be_full(true);
  append(directory / "a.log", "two\n");
  move(directory / "a.log", directory / "a.log.2");
  append(directory / "a.log", "three\n");
  move(directory / "a.log", directory / "a.log.1");
  append(directory / "a.log.err", "and more\n");
  append(directory / "a.log", "four\n");
  if (restarts) {
    follower.be_full(false);
    follower.start();
  }
  CHECK(follower.lines(4) == Strings{"one", "two", "three", "four"});
}

TEST_CASE("logs: a file that is gone after a restart is told", "[adapters][logs]") {
  const TemporaryDirectory directory;
  Follower follower(directory);
  append(directory / "a.log", "one\n");
  follower.start();
  follower.lines(1);
  const auto before = follower.stats().lost_files.total();
  std::filesystem::remove(directory / "a.log");
  append(directory / "b.log", "another\n");
  follower.start();
  CHECK(follower.lines(2) == Strings{"one", "another"});
  CHECK(follower.stats().lost_files.total() == before + 1);
}

TEST_CASE("logs: two files with the same beginning are two files", "[adapters][logs]") {
  const TemporaryDirectory directory;
  Follower follower(directory);
  append(directory / "a.log", "started\n");
  append(directory / "b.log", "started\n");
  follower.start();
  CHECK(follower.lines(2) == Strings{"started", "started"});
}

TEST_CASE("logs: an event of several lines ends when no line comes", "[adapters][logs]") {
  const TemporaryDirectory directory;
  Follower follower(directory);
  append(directory / "a.log", "1 a\n b\n2 c\n d\n");
  follower.start([](TailOptions& options) { options.join.start = base::Regex::compile(R"(^\d)").value(); });
  CHECK(follower.lines(2) == Strings{"1 a\n b", "2 c\n d"});
}

TEST_CASE("logs: no more files are followed than may be", "[adapters][logs]") {
  const TemporaryDirectory directory;
  Follower follower(directory);
  append(directory / "a.log", "1\n");
  append(directory / "b.log", "2\n");
  const auto before = follower.stats().skipped_files.total();
  follower.start([](TailOptions& options) { options.most_files = 1; });
  CHECK(follower.lines(1) == Strings{"1"});
  CHECK(follower.stats().skipped_files.total() > before);
}
