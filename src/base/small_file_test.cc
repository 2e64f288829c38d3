#include "base/small_file.h"

#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <string>

#include "support/temporary_directory.h"

using namespace outrigger;
using outrigger::test::TemporaryDirectory;

namespace {

int synced_directories = 0;

}  // namespace

// In place of the C library's, so that it is seen what is synced.
extern "C" int fsync(int fd) {
  struct stat status{};
  if (::fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) ++synced_directories;
  return static_cast<int>(::syscall(SYS_fsync, fd));
}

TEST_CASE("base: a file is replaced whole, and a new name is on the disk too", "[base]") {
  const TemporaryDirectory directory;
  const std::string path = directory.put("kept", "before");
  const int before = synced_directories;
  REQUIRE(base::replace_file(path, "after"));
  CHECK(base::read_small_file(path).value() == "after");
  CHECK(synced_directories == before);
  CHECK_FALSE(std::filesystem::exists(path + ".new"));
  REQUIRE(base::replace_file(directory / "fresh", std::string(300'000, 'x')));
  CHECK(synced_directories == before + 1);
  CHECK(std::filesystem::file_size(directory / "fresh") == 300'000);
  CHECK(std::filesystem::status(directory / "fresh").permissions() ==
        (std::filesystem::perms::owner_read | std::filesystem::perms::owner_write));
}

TEST_CASE("base: a file that cannot be replaced leaves no draft", "[base]") {
  const TemporaryDirectory directory;
  directory.put("kept/inside", "before");
  const auto replaced = base::replace_file(directory / "kept", "after");
  REQUIRE_FALSE(replaced);
  CHECK(replaced.error().contains(directory / "kept"));
  CHECK(std::filesystem::exists(directory / "kept/inside"));
  CHECK_FALSE(std::filesystem::exists(directory / "kept.new"));
}
