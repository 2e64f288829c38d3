#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <vector>

namespace outrigger::adapters::logs {

// Batches on disk, a file each, "<number>-<lines>.batch", in a directory of their own. Thread: one at a time; waits for
// the disk.
class Spool {
 public:
  struct Item {
    std::uint64_t number = 0;
    std::uint64_t lines = 0;
    std::uint64_t size = 0;
  };

  // Makes the directory if it is missing; its parent must be there. The error is a sentence.
  static std::expected<Spool, std::string> open(const std::string& directory);

  // What an earlier run left, oldest first. Files that were not finished are removed.
  std::vector<Item> found() const { return found_; }
  // Keeps a batch, synced to the disk; gives its number.
  std::expected<std::uint64_t, std::string> put(const std::string& bytes, std::uint64_t lines);
  std::expected<std::string, std::string> get(std::uint64_t number, std::uint64_t lines) const;
  void remove(std::uint64_t number, std::uint64_t lines) const;

 private:
  explicit Spool(std::string directory) : directory_(std::move(directory)) {}
  std::string path(std::uint64_t number, std::uint64_t lines) const;
  std::string directory_;
  std::uint64_t next_ = 1;
  std::vector<Item> found_;
};

}  // namespace outrigger::adapters::logs
