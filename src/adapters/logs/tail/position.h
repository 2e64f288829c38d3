#pragma once

#include <sys/types.h>

#include <array>
#include <cstdint>
#include <string>
#include <string_view>

namespace outrigger::adapters::logs {

// Which file a name stands for: names change by rotation, these don't.
struct FileId {
  std::uint64_t device = 0;
  std::uint64_t inode = 0;
  bool operator==(const FileId&) const = default;
};

// What stood at a place of a file, to know it again: `size` bytes in front of `end`.
struct Trace {
  static constexpr std::size_t kMost = 1024;
  std::uint64_t end = 0;
  std::uint32_t size = 0;
  std::uint64_t hash = 0;
  bool operator==(const Trace&) const = default;

  static Trace of(std::string_view bytes, std::uint64_t end);
  // Reads the file; an empty trace if it is shorter than `end`.
  static Trace read(int fd, std::uint64_t end, std::uint32_t size);
  // Does the file have these bytes at that place? An empty trace is true of every file.
  bool is_in(int fd) const;
};

// How far a file is read and delivered. The identity is the inode and what the file begins with; `last` tells a file
// that was cut and grew again from one that only grew.
struct FilePosition {
  std::string path;  // under which it was found
  FileId id;
  std::uint64_t offset = 0;  // everything in front of it was delivered
  Trace first;               // the beginning, up to Trace::kMost bytes of it
  Trace last;                // in front of `offset`, up to kLastBytes
  static constexpr std::size_t kLastBytes = 64;

  // Has the open file the content that was read?
  bool is_of(int fd) const;
  // Is there enough to know a copy by?
  bool is_recognizable() const { return first.size > 0 && last.size > 0; }
};

}  // namespace outrigger::adapters::logs
