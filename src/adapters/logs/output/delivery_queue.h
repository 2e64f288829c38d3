#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <optional>
#include <string>
#include <string_view>

#include "adapters/logs/output/batch.h"
#include "adapters/logs/output/output.h"
#include "adapters/logs/output/spool.h"
#include "adapters/logs/stats.h"
#include "event/event_loop.h"

namespace outrigger::adapters::logs {

struct QueueOptions {
  Duration every = std::chrono::milliseconds(200);  // a batch ends at the latest so long after its first record
  std::size_t batch_bytes = 1024 * 1024;
  std::uint64_t batch_lines = 10'000;
  std::size_t memory = 16 * 1024 * 1024;  // of all batches that are not on disk
  std::uint64_t disk = 256 * 1024 * 1024;
  Duration first_pause = std::chrono::milliseconds(250);  // before a batch is offered again; doubles, with jitter
  Duration longest_pause = std::chrono::seconds(30);
  bool may_drop = true;  // without room the oldest batch goes; else the queue says that it is full
};

// What becomes of records of files that are not delivered: the next adapter reads them again, or nobody does.
enum class OfFiles : std::uint8_t { read_again, kept };

// The records between an adapter and its output, in order, in batches that are offered one at a time until the output
// takes or refuses them.
//
//     append() -> [ filling ] -> [ memory; beyond the limit all of it goes to the spool ] -> deliver()
//
// Positions of files move when a batch is delivered, given to the disk, refused or dropped: nothing is read again
// that is in nobody's hands. Thread: the adapters'.
class DeliveryQueue {
 public:
  // Called when positions of files have moved or room was made.
  using Progress = std::function<void()>;

  DeliveryQueue(EventLoop& loop, Output& output, QueueOptions options, std::optional<Spool> spool, LogStats& stats,
                Progress progress);
  ~DeliveryQueue();
  DeliveryQueue(const DeliveryQueue&) = delete;
  DeliveryQueue& operator=(const DeliveryQueue&) = delete;

  void append(const Record& record, const Origin& origin, const Event& event);
  // Moves the position of an event that became no record.
  void skip(const Origin& origin, const Event& event);
  bool is_full() const { return !options_.may_drop && memory_ + filling_.size >= options_.memory && !has_disk_room(); }
  // Ends the batch that is filled now.
  void seal();
  // The process ends: no pause is waited for that began before, and the batch that is filled now goes too.
  void hurry();
  // Everything was delivered.
  bool is_empty() const { return batches_.empty() && filling_.lines == 0; }
  // The adapter is made anew: the batches that are in memory, in order.
  std::list<Batch> take_rest(OfFiles of_files);
  // And back, in front of everything. What an output of another form was to get (`form`) is lost.
  void put_rest(std::list<Batch> rest, std::string_view form);
  // Nobody goes on behind it: what is in memory goes to the spool; without one, or without room there, it is lost, for
  // `reason`.
  void save_rest(OfFiles of_files, const char* reason);

 private:
  bool has_disk_room() const { return spool_ && !spool_failed_ && on_disk_ + options_.batch_bytes <= options_.disk; }
  void admit();
  bool spool_all();
  bool spool_one(Batch& batch);
  bool drop_oldest();
  void count(const Batch& batch, int sign);
  void offer();
  void settle(Delivery delivery);
  void retry(const Delivery& delivery);
  void finish_front();
  bool load_front();
  void note_other_forms();

  Output& output_;
  QueueOptions options_;
  std::optional<Spool> spool_;
  LogStats& stats_;
  Progress progress_;
  Batch filling_;
  std::list<Batch> batches_;
  std::size_t memory_ = 0;     // bytes of batches_ in memory
  std::uint64_t on_disk_ = 0;  // and on disk
  bool is_offered_ = false;    // the front one is with the output
  bool is_begun_ = false;      // it was so before: the output may have taken a part of it
  bool spool_failed_ = false;  // since the latest answer of the output
  bool is_spool_reported_ = false;
  bool is_reported_ = false;  // that the output does not take
  Duration pause_{};
  Timer seal_timer_;
  Timer retry_timer_;
};

}  // namespace outrigger::adapters::logs
