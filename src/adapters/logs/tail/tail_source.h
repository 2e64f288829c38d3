#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

#include "adapters/logs/source.h"
#include "adapters/logs/stats.h"
#include "adapters/logs/tail/followed_files.h"
#include "adapters/logs/tail/tail_options.h"
#include "event/event_loop.h"

namespace outrigger::adapters::logs {

// Follows the files that match, and every file it once followed to its end.
//
//   renamed         the old file is read to its end before the new one of that name, and closed when nobody has written
//                   to it for kRotatedWait
//   copied, cut     what was not read yet is read from the copy, if one stands beside it
//   removed, made   as renamed
//   several times   before anybody looked: the files in between are read too, where their names are numbers or dates
//   restart         the files of the state file are found again by inode and content, wherever they are in their
//                   directory
//
// Reads at most kTurn bytes in one go, so that others get their turn; not at all while the sink is full.
class TailSource final : public Source {
 public:
  // `known`: how far files were read, from the state file or from the adapter before a reload.
  TailSource(EventLoop& loop, TailOptions options, std::vector<FilePosition> known, EventSink& sink, LogStats& stats);

  void start() override;
  void resume() override;
  void flush() override;
  void leave(HandOver& to) override;
  void delivered() override;

 private:
  // A position of a file that is followed no longer, while records of it wait for delivery.
  struct Fading {
    std::shared_ptr<FilePosition> position;
    std::uint64_t until = 0;
  };

  void look_at_all();
  void read_soon(Duration after);
  void read_all();
  bool read(FollowedFile& file, std::size_t& budget);
  bool waits_for_older(const FollowedFile& file) const;
  void begin_anew(FollowedFile& file);
  void give(FollowedFile& file, const Line& line, std::uint64_t begin);
  void flush_waiting(bool all);
  void close_finished();
  void close(FollowedFile& file);
  std::vector<std::shared_ptr<FilePosition>> positions() const;
  void save();

  static constexpr std::size_t kTurn = 1024 * 1024;
  EventLoop& loop_;
  TailOptions options_;
  std::vector<FilePosition> known_;
  EventSink& sink_;
  LogStats& stats_;
  std::vector<Fading> fading_;
  bool is_started_ = false;
  bool is_reading_soon_ = false;
  bool is_state_reported_ = false;
  std::size_t next_ = 0;  // where the next turn begins
  FollowedFiles followed_;
  Timer look_timer_;
  Timer read_timer_;
};

}  // namespace outrigger::adapters::logs
