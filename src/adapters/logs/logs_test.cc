#include "adapters/logs/logs.h"

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "support/adapter_harness.h"
#include "support/temporary_directory.h"

using namespace outrigger;
using outrigger::test::AdapterHarness;
using outrigger::test::TemporaryDirectory;

namespace {

// Two entries that follow different files.
std::string two(const std::string& output, const std::string& other) {
  return "{tail: /nowhere/a, output: {" + output + "}}\n    - {tail: /nowhere/b, output: {" + other + "}}";
}

}  // namespace

TEST_CASE("logs: a file or spool is one entry's", "[adapters][logs]") {
  const TemporaryDirectory directory;
  AdapterHarness harness;
  std::filesystem::create_directory_symlink(directory.path(), directory / "again");
  const std::string file = "file: " + directory / "out.json", spool = "spool: " + directory / "spool";
  CHECK(harness.add("logs", two(file, "file: " + directory / "again/out.json")) == nullptr);
  CHECK(harness.errors().contains("out.json is already taken by adapters.logs[0].output.file\n"));
  CHECK(harness.add("logs", two(spool, "spool: " + directory / "./spool")) == nullptr);
  CHECK(harness.errors().contains("/spool is already taken by adapters.logs[0].output.spool\n"));
  CHECK(harness.add("logs", two(file, "file: " + directory / "other.json")) != nullptr);
  CHECK(harness.add("logs", two("file: /dev/null", "file: /dev/null")) != nullptr);
}
