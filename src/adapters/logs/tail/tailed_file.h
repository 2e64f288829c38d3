#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <expected>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/logs/lines/line_splitter.h"
#include "adapters/logs/tail/position.h"

namespace outrigger::adapters::logs {

// One open file that is read line by line as it grows, whatever becomes of its name.
// Holds a descriptor and at most one line that has not ended.
class TailedFile {
 public:
  enum class Change : std::uint8_t {
    none,
    grown,
    cut  // shorter than what was read, or other bytes at its beginning or where the latest ones were: it begins anew
  };

  // Opens a regular file for reading, to go on at `offset`. The error is a sentence.
  static std::expected<std::unique_ptr<TailedFile>, std::string> open(const std::string& path,
                                                                      std::size_t longest_line);
  ~TailedFile();
  TailedFile(const TailedFile&) = delete;
  TailedFile& operator=(const TailedFile&) = delete;

  // Goes on at `offset`, the beginning of a line.
  void start_at(std::uint64_t offset);
  // What happened since the latest read: three system calls and a hash of a kilobyte.
  Change look();
  // Reads up to `budget` bytes and calls `take(const Line&, std::uint64_t begin)` for every line that ended in them,
  // `begin` its place. True: there may be more; false: it is read to its end.
  template <class Take>
  bool read(std::size_t budget, Take&& take) {
    std::array<char, kChunk> buffer;
    while (budget > 0) {
      const std::string_view bytes = next_chunk(buffer);
      if (bytes.empty()) return false;
      splitter_.feed(bytes, [&](const Line& line) { give(line, take); });
      budget -= bytes.size() < budget ? bytes.size() : budget;
    }
    return true;
  }
  // The last line of a file that nobody writes to any more, if it has no line end.
  template <class Take>
  void finish(Take&& take) {
    if (const auto line = splitter_.finish()) give(*line, take);
  }

  const FileId& id() const { return id_; }
  int fd() const { return fd_; }
  // Bytes read; what stands behind it is unread.
  std::uint64_t offset() const { return offset_; }
  // Its size now, 0 if that cannot be told, and whether any name leads to it.
  std::uint64_t size() const;
  bool has_name() const;
  // How to know what was read so far again, in this file or in a copy.
  FilePosition mark() const;
  // The beginning of the file, for the position.
  const Trace& first() const { return first_; }

 private:
  static constexpr std::size_t kChunk = 64 * 1024;
  TailedFile(int fd, FileId id, std::size_t longest_line) : fd_(fd), id_(id), splitter_(longest_line) {}

  std::string_view next_chunk(std::array<char, kChunk>& buffer);
  void remember(std::string_view bytes);
  template <class Take>
  void give(const Line& line, Take&& take) {
    const std::uint64_t begin = line_begin_;
    line_begin_ += line.size;
    take(line, begin);
  }

  int fd_;
  FileId id_;
  LineSplitter splitter_;
  std::uint64_t offset_ = 0;
  std::uint64_t line_begin_ = 0;
  Trace first_;
  Trace last_;  // in front of offset_
};

}  // namespace outrigger::adapters::logs
