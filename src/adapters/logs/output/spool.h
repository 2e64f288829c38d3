#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>
#include <vector>

namespace outrigger::adapters::logs {

// Batches on disk, a file each, "<number>-<lines>.<form>", in a directory of their own. Thread: one at a time; waits
// for the disk.
class Spool {
 public:
  struct Item {
    std::uint64_t number = 0;
    std::uint64_t lines = 0;
    std::uint64_t size = 0;
  };

  // Makes the directory if it is missing; its parent must be there. `form`: that of the output. The error is a
  // sentence.
  static std::expected<Spool, std::string> open(const std::string& directory, std::string_view form);

  // What an earlier run left, oldest first. Files that were not finished are removed.
  std::vector<Item> found() const { return found_; }
  // Lines and bytes of what an output of another form left. It stays there.
  std::uint64_t lines_of_other_forms() const { return other_lines_; }
  std::uint64_t bytes_of_other_forms() const { return other_bytes_; }
  // Keeps a batch, synced to the disk; gives its number.
  std::expected<std::uint64_t, std::string> put(const std::string& bytes, std::uint64_t lines);
  std::expected<std::string, std::string> get(std::uint64_t number, std::uint64_t lines) const;
  void remove(std::uint64_t number, std::uint64_t lines) const;

 private:
  Spool(const std::string& directory, std::string_view form) : directory_(directory), form_(form) {}
  void note(const std::string& name, std::uint64_t size);
  std::string path(std::uint64_t number, std::uint64_t lines) const;
  std::string directory_;
  std::string form_;
  std::uint64_t next_ = 1;
  std::vector<Item> found_;
  std::uint64_t other_lines_ = 0, other_bytes_ = 0;
};

}  // namespace outrigger::adapters::logs
