#include "adapters/logs/output/delivery_queue.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/random.h"
#include "outrigger/process_log.h"

namespace outrigger::adapters::logs {

DeliveryQueue::DeliveryQueue(EventLoop& loop, Output& output, QueueOptions options, std::optional<Spool> spool,
                             LogStats& stats, Progress progress)
    : output_(output),
      options_(options),
      spool_(std::move(spool)),
      stats_(stats),
      progress_(std::move(progress)),
      seal_timer_(loop, [this] { seal(); }),
      retry_timer_(loop, [this] { offer(); }) {
  if (!spool_) return;
  note_other_forms();
  for (const Spool::Item& item : spool_->found()) {
    Batch& batch = batches_.emplace_back();
    batch.size = item.size;
    batch.lines = item.lines;
    batch.spooled_as = item.number;
    count(batch, 1);
  }
  if (!batches_.empty()) retry_timer_.start(Duration::zero());
}

DeliveryQueue::~DeliveryQueue() {
  for (const Batch& batch : batches_) count(batch, -1);
  if (spool_) stats_.spooled_bytes.add(-static_cast<std::int64_t>(spool_->bytes_of_other_forms()));
}

// Nobody takes it, and it has its share of the disk.
void DeliveryQueue::note_other_forms() {
  if (spool_->lines_of_other_forms() == 0) return;
  on_disk_ += spool_->bytes_of_other_forms();
  stats_.spooled_bytes.add(static_cast<std::int64_t>(spool_->bytes_of_other_forms()));
  log(LogLevel::warn, "batches of the spool stay there: they are for another kind of output",
      {{"adapter", stats_.adapter()}, {"lines", spool_->lines_of_other_forms()}});
}

void DeliveryQueue::count(const Batch& batch, int sign) {
  const std::int64_t change = static_cast<std::int64_t>(batch.size) * sign;
  if (batch.spooled_as == 0) {
    memory_ += static_cast<std::size_t>(change);
    stats_.queued_bytes.add(change);
  } else {
    on_disk_ += static_cast<std::uint64_t>(change);
    stats_.spooled_bytes.add(change);
  }
}

void DeliveryQueue::append(const Record& record, const Origin& origin, const Event& event) {
  if (filling_.lines == 0) seal_timer_.start(options_.every);
  output_.encode(record, filling_.bytes);
  filling_.size = filling_.bytes.size();
  ++filling_.lines;
  if (origin.position) filling_.checkpoint_of(origin.position).set(event);
  if (filling_.size >= options_.batch_bytes || filling_.lines >= options_.batch_lines) seal();
}

void DeliveryQueue::skip(const Origin& origin, const Event& event) {
  if (!origin.position) return;
  // It goes with the batch of its neighbours: its position may not pass theirs.
  if (filling_.lines == 0 && filling_.checkpoints.empty()) seal_timer_.start(options_.every);
  filling_.checkpoint_of(origin.position).set(event);
}

void DeliveryQueue::seal() {
  seal_timer_.stop();
  if (filling_.lines == 0 && filling_.checkpoints.empty()) return;
  if (filling_.lines == 0 && !batches_.empty()) {  // positions go with what is in front of them
    for (const Checkpoint& checkpoint : filling_.checkpoints) {
      batches_.back().checkpoint_of(checkpoint.position) = checkpoint;
    }
    filling_ = {};
    return;
  }
  batches_.push_back(std::exchange(filling_, {}));
  count(batches_.back(), 1);
  admit();
  if (!is_offered_ && pause_ == Duration::zero()) offer();
}

void DeliveryQueue::hurry() {
  pause_ = Duration::zero();
  seal();
  if (pause_ == Duration::zero()) offer();  // else it was just offered, in vain
}

// Makes the latest batch fit: in memory, else on disk, else in place of the oldest.
void DeliveryQueue::admit() {
  while (memory_ > options_.memory) {
    if (!spool_all() && (!options_.may_drop || !drop_oldest())) return;
  }
}

// Oldest first and without a gap, so that positions may move: everything in front of them is on disk or delivered.
// False: nothing was written.
bool DeliveryQueue::spool_all() {
  bool any = false;
  for (auto batch = batches_.begin(); batch != batches_.end(); ++batch) {
    if (batch->spooled_as == 0 && batch->lines > 0) {
      if (!has_disk_room() || !spool_one(*batch)) break;
      any = true;
      if (!is_begun_ || batch != batches_.begin()) batch->bytes = {};
    }
    batch->apply_checkpoints();
    batch->checkpoints.clear();
  }
  if (any) progress_();
  return any;
}

bool DeliveryQueue::spool_one(Batch& batch) {
  const auto number = spool_->put(batch.bytes, batch.lines);
  spool_failed_ = !number;
  if (number) {
    is_spool_reported_ = false;
    count(batch, -1);
    batch.spooled_as = *number;
    count(batch, 1);
    return true;
  }
  stats_.spool_failures.add();
  if (!std::exchange(is_spool_reported_, true)) {
    log(LogLevel::error, "the spool of a log output cannot be written",
        {{"adapter", stats_.adapter()}, {"error", number.error()}});
  }
  return false;
}

// Of those whose end makes room: while the disk takes nothing, those in memory. Not one that was offered: the output
// may have a part of it. False: there is no other.
bool DeliveryQueue::drop_oldest() {
  auto oldest = is_begun_ ? std::next(batches_.begin()) : batches_.begin();
  if (spool_failed_ || options_.batch_bytes > options_.disk) {
    oldest = std::ranges::find(oldest, batches_.end(), 0U, &Batch::spooled_as);
  }
  if (oldest == batches_.end()) return false;
  stats_.lost(spool_ ? "spool_full" : "memory_full").add(static_cast<std::int64_t>(oldest->lines));
  if (oldest->spooled_as != 0) spool_->remove(oldest->spooled_as, oldest->lines);
  if (is_begun_) {  // positions may not pass the batch in front
    for (const Checkpoint& checkpoint : oldest->checkpoints) {
      batches_.front().checkpoint_of(checkpoint.position) = checkpoint;
    }
  } else {
    oldest->apply_checkpoints();
  }
  count(*oldest, -1);
  batches_.erase(oldest);
  progress_();
  return true;
}

void DeliveryQueue::offer() {
  retry_timer_.stop();
  while (!is_offered_ && !batches_.empty()) {
    if (batches_.front().lines == 0) {  // positions only
      finish_front();
      continue;
    }
    if (!load_front()) continue;
    is_offered_ = is_begun_ = true;
    output_.deliver(batches_.front().bytes, [this](Delivery delivery) { settle(std::move(delivery)); });
    if (pause_ != Duration::zero()) return;
  }
}

// False: it could not be read and is gone.
bool DeliveryQueue::load_front() {
  Batch& batch = batches_.front();
  if (batch.spooled_as == 0 || !batch.bytes.empty()) return true;
  auto bytes = spool_->get(batch.spooled_as, batch.lines);
  if (bytes && !bytes->empty()) {
    batch.bytes = std::move(*bytes);
    return true;
  }
  stats_.spool_failures.add();
  stats_.lost("spool_unreadable").add(static_cast<std::int64_t>(batch.lines));
  log(LogLevel::error, "a batch of the spool cannot be read and is lost",
      {{"error", bytes ? "it is empty" : bytes.error()}, {"lines", batch.lines}});
  finish_front();
  return false;
}

void DeliveryQueue::settle(Delivery delivery) {
  is_offered_ = false;
  spool_failed_ = false;  // the disk gets another chance
  if (delivery.result == Delivery::Result::later) return retry(delivery);
  const auto lines = static_cast<std::int64_t>(batches_.front().lines);
  if (delivery.result == Delivery::Result::taken) {
    stats_.delivered.add(lines);
    stats_.batches.add();
    if (std::exchange(is_reported_, false))
      log(LogLevel::info, "a log output takes records again", {{"adapter", stats_.adapter()}});
  } else {
    stats_.lost("refused").add(lines);
    log(LogLevel::error, "a log output refuses records: they are lost",
        {{"adapter", stats_.adapter()}, {"error", delivery.problem}, {"lines", lines}});
  }
  pause_ = Duration::zero();
  finish_front();
  retry_timer_.start(Duration::zero());  // not from here: a sink that answers at once would nest
}

void DeliveryQueue::retry(const Delivery& delivery) {
  stats_.retries.add();
  if (!std::exchange(is_reported_, true)) {
    log(LogLevel::warn, "a log output does not take records: they wait",
        {{"adapter", stats_.adapter()}, {"error", delivery.problem}});
  }
  pause_ = std::clamp(pause_ * 2, options_.first_pause, options_.longest_pause);
  const Duration jitter(static_cast<std::int64_t>(random_share() * 0.5 * static_cast<double>(pause_.count())));
  retry_timer_.start(delivery.after ? std::min(*delivery.after, options_.longest_pause) : pause_ - jitter);
}

void DeliveryQueue::finish_front() {
  is_begun_ = false;
  const Batch& batch = batches_.front();
  batch.apply_checkpoints();
  if (batch.spooled_as != 0) spool_->remove(batch.spooled_as, batch.lines);
  count(batch, -1);
  batches_.pop_front();
  progress_();
}

std::list<Batch> DeliveryQueue::take_rest(OfFiles of_files) {
  seal_timer_.stop();
  if (filling_.lines > 0) {
    batches_.push_back(std::exchange(filling_, {}));
    count(batches_.back(), 1);
  }
  std::list<Batch> rest;
  for (Batch& batch : batches_) {
    const bool is_read_again = of_files == OfFiles::read_again && !batch.checkpoints.empty();
    if (batch.spooled_as != 0 || is_read_again || batch.lines == 0) continue;
    count(batch, -1);
    rest.push_back(std::move(batch));
    batch = {};
  }
  return rest;
}

void DeliveryQueue::put_rest(std::list<Batch> rest, std::string_view form) {
  if (form != output_.form()) {
    std::uint64_t lines = 0;
    for (const Batch& batch : std::exchange(rest, {})) lines += batch.lines;
    stats_.lost("form_changed").add(static_cast<std::int64_t>(lines));
    if (lines > 0) {
      log(LogLevel::warn, "records that waited in memory are lost: they were for another kind of output",
          {{"adapter", stats_.adapter()}, {"lines", lines}});
    }
  }
  for (Batch& batch : rest) {
    batches_.push_back(std::move(batch));
    count(batches_.back(), 1);
  }
  if (!batches_.empty()) retry_timer_.start(Duration::zero());
}

void DeliveryQueue::save_rest(OfFiles of_files, const char* reason) {
  std::uint64_t lost = 0;
  std::string problem;
  for (Batch& batch : take_rest(of_files)) {
    const bool has_room = has_disk_room();
    const auto number = has_room ? spool_->put(batch.bytes, batch.lines) : std::unexpected(std::string());
    if (number) {
      on_disk_ += batch.size;
      continue;
    }
    if (has_room) stats_.spool_failures.add();
    problem = number.error();
    lost += batch.lines;
  }
  if (lost == 0) return;
  stats_.lost(reason).add(static_cast<std::int64_t>(lost));
  log(LogLevel::warn, "records that no log output took are lost",
      {{"adapter", stats_.adapter()}, {"reason", reason}, {"lines", lost}, {"error", problem}});
}

}  // namespace outrigger::adapters::logs
