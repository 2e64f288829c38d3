#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "adapters/logs/source.h"

namespace outrigger::adapters::logs {

// How far a file is read with the records of a batch: what is delivered moves the file's position there.
struct Checkpoint {
  std::shared_ptr<FilePosition> position;
  std::uint64_t offset = 0;
  std::uint64_t last_end = 0;  // of the bytes in `last`
  std::uint8_t last_size = 0;
  std::array<char, FilePosition::kLastBytes> last;

  void set(const Event& event);
  void apply() const;
};

// Records on their way to an output, in its form.
struct Batch {
  std::string bytes;  // in memory; empty while `spooled_as` has them
  std::size_t size = 0;
  std::uint64_t lines = 0;
  std::vector<Checkpoint> checkpoints;
  std::uint64_t spooled_as = 0;  // number of its file; 0: in memory

  Checkpoint& checkpoint_of(const std::shared_ptr<FilePosition>& position);
  void apply_checkpoints() const;
};

}  // namespace outrigger::adapters::logs
