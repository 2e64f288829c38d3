#pragma once

#include <memory>

#include "adapters/logs/lines/joiner.h"
#include "adapters/logs/lines/line_splitter.h"
#include "adapters/logs/source.h"
#include "event/event_loop.h"

namespace outrigger::adapters::logs {

struct StreamOptions {
  Duration flush_after = std::chrono::seconds(1);
  std::size_t longest_line = 64 * 1024;
  JoinRule join;
};

// What was read and waits for the end of its line, or for more lines of its event.
struct HalfRead {
  LineSplitter line{0};
  WaitingLines event;
};

// Lines from standard input, until it ends. Never waits for its writer, and does not change the descriptor's flags,
// which others share.
class StdinSource final : public Source, private Wakeable {
 public:
  StdinSource(EventLoop& loop, StreamOptions options, HalfRead before, EventSink& sink);
  ~StdinSource() override { watch_.close(); }

  void start() override;
  void resume() override;
  void flush() override;
  void leave(HandOver& to) override;

 private:
  void wake() override { read(); }
  void read();
  void give(const Line& line);
  void flush_event();
  void flush_late();

  EventLoop& loop_;
  StreamOptions options_;
  EventSink& sink_;
  Origin origin_{"stdin", nullptr};
  LineSplitter splitter_;
  Joiner joiner_;
  std::uint64_t offset_ = 0;
  bool may_watch_ = false;  // a regular file is always readable
  bool has_ended_ = false;
  FdWatch watch_;
  Timer read_timer_;
  Timer flush_timer_;
};

}  // namespace outrigger::adapters::logs
