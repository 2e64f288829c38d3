#pragma once

#include <fstream>
#include <string>
#include <string_view>

#include "support/temporary_directory.h"

namespace outrigger::test {

// A file with this content, as long as the object lives.
class TemporaryFile {
 public:
  explicit TemporaryFile(std::string_view content) { write(content); }

  const std::string& path() const { return path_; }
  void write(std::string_view content) { std::ofstream(path_, std::ios::binary | std::ios::trunc) << content; }

 private:
  TemporaryDirectory directory_;
  std::string path_ = directory_ / "file";
};

}  // namespace outrigger::test
