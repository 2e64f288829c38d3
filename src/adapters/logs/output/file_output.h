#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/logs/output/output.h"
#include "outrigger/units.h"

namespace outrigger::adapters::logs {

struct FileOptions {
  std::string path;
  ByteSize max_size{100'000'000};  // then it becomes <path>.1, that one <path>.2
  unsigned keep = 5;               // of those
  bool sync = false;               // a batch is on the disk before positions move
};

// JSON lines in a file that is rotated by size. A batch is in it whole or not at all: what could be written in part
// (the disk is full) is taken back. Renamed or removed from outside, it is made anew. Waits for the disk.
class FileOutput final : public Output {
 public:
  explicit FileOutput(FileOptions options) : options_(std::move(options)) {}
  ~FileOutput() override { close(); }

  std::string_view form() const override { return "json"; }
  void encode(const Record& record, std::string& out) override { append_json(record, out); }
  void deliver(const std::string& bytes, std::function<void(Delivery)> done) override;

 private:
  Delivery write(const std::string& bytes);
  bool open();
  void close();
  bool is_still_named() const;
  void rotate();
  Delivery failed(const char* what) const;

  FileOptions options_;
  int fd_ = -1;
  bool is_regular_ = false;
  std::uint64_t size_ = 0;
};

}  // namespace outrigger::adapters::logs
