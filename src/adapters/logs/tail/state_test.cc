#include <catch2/catch.hpp>
#include <memory>
#include <string>

#include "adapters/logs/tail/file_search.h"
#include "adapters/logs/tail/state_file.h"
#include "support/temporary_directory.h"

using namespace outrigger::adapters::logs;
using outrigger::test::append;
using outrigger::test::TemporaryDirectory;

namespace {

std::shared_ptr<FilePosition> position_of(const std::string& path) {
  auto position = std::make_shared<FilePosition>();
  position->path = path;
  position->id = {2049, 12345};
  position->offset = 77;
  position->first = Trace::of("first", 5);
  position->last = Trace::of("last", 77);
  return position;
}

}  // namespace

TEST_CASE("logs: positions are the same when they are read again", "[adapters][logs]") {
  const TemporaryDirectory directory;
  StateFile file(directory.path(), "x.positions");
  const auto nothing = file.load();
  REQUIRE(nothing);
  CHECK(nothing->empty());
  CHECK_FALSE(file.existed());
  REQUIRE(file.save({position_of("/var/log/a.log"), position_of("/odd\nname 100%.log")}));
  StateFile again(directory.path(), "x.positions");
  const auto positions = again.load();
  REQUIRE(positions);
  CHECK(again.existed());
  REQUIRE(positions->size() == 2);
  CHECK(positions->at(0).path == "/var/log/a.log");
  CHECK(positions->at(0).id == FileId{2049, 12345});
  CHECK(positions->at(0).offset == 77);
  CHECK(positions->at(0).first == Trace::of("first", 5));
  CHECK(positions->at(0).last == Trace::of("last", 77));
  CHECK(positions->at(1).path == "/odd\nname 100%.log");
}

TEST_CASE("logs: a damaged file of positions is an error", "[adapters][logs]") {
  const std::string good = format_state({position_of("/a"), position_of("/b")});
  CHECK(parse_state(good));
  for (std::size_t size = 0; size < good.size(); ++size) {
    CAPTURE(size);
    CHECK_FALSE(parse_state(good.substr(0, size)));
  }
  for (std::size_t at = 0; at < good.size(); ++at) {
    CAPTURE(at);
    std::string bad = good;
    bad[at] ^= 1;
    CHECK_FALSE(parse_state(bad));
  }
}

TEST_CASE("logs: positions that cannot be written are an error and leave the file", "[adapters][logs]") {
  const TemporaryDirectory directory;
  StateFile file(directory / "missing", "x");
  const auto saved = file.save({});
  REQUIRE_FALSE(saved);
  CHECK(saved.error().contains("cannot make"));
}

TEST_CASE("logs: names of rotated files are known", "[adapters][logs]") {
  for (const char* name : {"app.log.1", "app.log-20261126", "app-20261126.log", "app.log.2.old", "app.1.log"}) {
    CAPTURE(name);
    CHECK(is_rotated_name("app.log", name));
  }
  for (const char* name : {"app.log", "apple.log", "other.log", "app", "xapp.log.1"}) {
    CAPTURE(name);
    CHECK_FALSE(is_rotated_name("app.log", name));
  }
}

TEST_CASE("logs: files are found by patterns, each once", "[adapters][logs]") {
  const TemporaryDirectory directory;
  for (const char* name : {"a.log", "b.log", "b.log.gz", "c.txt"}) append(directory / name, "x");
  const auto files = matching_files({directory / "*.log*", directory / "b.log"}, {"*.gz"});
  REQUIRE(files.size() == 2);
  CHECK(files[0].path == directory / "a.log");
  CHECK(files[1].path == directory / "b.log");
  CHECK(directories_of({directory / "*.log", directory / "x"}) == std::vector{directory.path()});
}
