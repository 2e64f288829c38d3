#pragma once

#include <string_view>

#include "adapters/logs/output/output.h"
#include "event/event_loop.h"

namespace outrigger::adapters::logs {

// JSON lines on standard output, between the lines of access logs. Waits where the reader is slow; says `later` when it
// took nothing for kPatience, and goes on inside the batch then.
class StdoutOutput final : public Output, private Wakeable {
 public:
  explicit StdoutOutput(EventLoop& loop);
  ~StdoutOutput() override;

  std::string_view form() const override { return "json"; }
  void encode(const Record& record, std::string& out) override { append_json(record, out); }
  void deliver(const std::string& bytes, std::function<void(Delivery)> done) override;

 private:
  void wake() override { write(); }
  void write();
  long write_some(std::string_view bytes) const;
  void wait(Duration at_most);
  void begin_line_again();
  void finish(Delivery delivery);

  EventLoop& loop_;
  FdWatch watch_;
  Timer timer_;
  int fd_;  // of its own for a pipe, so that it can be non-blocking without being so for others
  bool owns_fd_ = false;
  bool may_watch_ = false;   // a regular file is always writable
  std::size_t written_ = 0;  // of the batch; kept when it is offered again
  std::string_view whole_, left_;
  bool is_mid_line_ = false;  // what was written last has no end yet
  Instant moved_at_{};
  std::function<void(Delivery)> done_;
};

}  // namespace outrigger::adapters::logs
