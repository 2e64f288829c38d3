#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "adapters/logs/lines/joiner.h"
#include "adapters/logs/source.h"
#include "adapters/logs/stats.h"
#include "adapters/logs/tail/file_events.h"
#include "adapters/logs/tail/file_search.h"
#include "adapters/logs/tail/state_file.h"
#include "adapters/logs/tail/tailed_file.h"
#include "event/event_loop.h"

namespace outrigger::adapters::logs {

struct TailOptions {
  std::vector<std::string> patterns;
  std::vector<std::string> excluded;
  bool from_end = false;  // files that are there at the start and of which nothing is known: only what comes
  Duration look_every = std::chrono::seconds(1);
  Duration flush_after = std::chrono::seconds(1);  // an event of several lines ends when no line came for so long
  std::size_t longest_line = 64 * 1024;
  std::size_t most_files = 1024;
  JoinRule join;
  std::optional<StateFile> state;
};

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
  ~TailSource() override;

  void start() override;
  void resume() override;
  void flush() override;
  void leave(HandOver& to) override;
  void delivered() override;

 private:
  struct Tracked {
    Tracked(std::unique_ptr<TailedFile> opened, const JoinRule& rule) : file(std::move(opened)), joiner(rule) {}
    std::unique_ptr<TailedFile> file;
    Joiner joiner;
    Origin origin;  // the name it was found under
    int watch = -1;
    bool may_grow = true;       // since the latest read to the end
    bool is_rotated = false;    // no name that matches leads to it
    bool is_elsewhere = false;  // found under another name after a restart
    bool is_copy = false;       // of one that is followed: not read unless that one is cut
    Instant changed_at{};       // when it last gave a line or lost its name
  };
  // A position of a file that is followed no longer, while records of it wait for delivery.
  struct Fading {
    std::shared_ptr<FilePosition> position;
    std::uint64_t until = 0;
  };

  void restore(FilePosition known);
  void scan();
  void watch_directories();
  void find_new(const std::vector<NamedFile>& files);
  void find_rotated(const std::vector<NamedFile>& files);
  Tracked* track(const NamedFile& file, std::shared_ptr<FilePosition> position, bool in_front);
  void follow_new(const NamedFile& file);
  bool is_followed(const FileId& id) const;
  bool is_copy_of_known(const Tracked& copy) const;
  void on_change(int watch);
  void look_at_all();
  void read_soon(Duration after);
  void read_all();
  bool read(Tracked& tracked, std::size_t& budget);
  bool waits_for_older(const Tracked& tracked) const;
  void begin_anew(Tracked& tracked);
  void read_copy(Tracked& cut);
  void follow_later(const std::string& path, int fd);
  void give(Tracked& tracked, const Line& line, std::uint64_t begin);
  void flush_waiting(bool all);
  void close_finished();
  void close(Tracked& tracked);
  std::vector<std::shared_ptr<FilePosition>> positions() const;
  void save();

  static constexpr std::size_t kTurn = 1024 * 1024;
  EventLoop& loop_;
  TailOptions options_;
  std::vector<FilePosition> known_;
  EventSink& sink_;
  LogStats& stats_;
  std::vector<std::unique_ptr<Tracked>> files_;  // rotated ones in front of those that took their name
  std::vector<Fading> fading_;
  std::unordered_map<std::string, int> directories_;  // watched ones
  bool is_started_ = false;
  bool scan_due_ = false;
  bool is_reading_soon_ = false;
  bool is_state_reported_ = false;
  std::size_t next_ = 0;  // where the next turn begins
  Instant scanned_at_{};
  FileEvents events_;
  Timer look_timer_;
  Timer read_timer_;
};

}  // namespace outrigger::adapters::logs
