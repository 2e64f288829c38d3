#include "adapters/logs/tail/tail_source.h"

#include <algorithm>
#include <utility>

#include "adapters/logs/hand_over.h"
#include "outrigger/process_log.h"

namespace outrigger::adapters::logs {
namespace {

using namespace std::chrono_literals;

constexpr Duration kGather = 10ms;      // after the kernel's word: more is often written at once
constexpr Duration kRotatedWait = 10s;  // writers notice a rotation late

}  // namespace

TailSource::TailSource(EventLoop& loop, TailOptions options, std::vector<FilePosition> known, EventSink& sink,
                       LogStats& stats)
    : loop_(loop),
      options_(std::move(options)),
      known_(std::move(known)),
      sink_(sink),
      stats_(stats),
      followed_(loop, options_, stats, [this] { read_soon(kGather); }),
      look_timer_(loop, [this] { look_at_all(); }),
      read_timer_(loop, [this] { read_all(); }) {}

void TailSource::start() {
  followed_.start(std::exchange(known_, {}));
  is_started_ = true;
  save();
  look_timer_.start(options_.look_every);
  read_soon(Duration::zero());
}

void TailSource::look_at_all() {
  look_timer_.start(options_.look_every);
  followed_.look();
  flush_waiting(false);
  read_all();
}

void TailSource::read_soon(Duration after) {
  if (!is_started_ || std::exchange(is_reading_soon_, true)) return;
  read_timer_.start(after);
}

void TailSource::resume() { read_soon(Duration::zero()); }

void TailSource::read_all() {
  is_reading_soon_ = false;
  followed_.find_changes();
  const FollowedFiles::List& files = followed_.list();
  std::size_t budget = kTurn;
  const std::size_t count = files.size();
  for (std::size_t i = 0; i < count && budget > 0 && !sink_.is_full(); ++i) {
    FollowedFile& file = *files[(next_ + i) % files.size()];
    if (!file.may_grow || file.is_copy || waits_for_older(file)) continue;
    file.may_grow = read(file, budget);
    if (file.may_grow) next_ = (next_ + i) % files.size();
  }
  close_finished();
  const bool goes_on = std::ranges::any_of(
      files, [this](const auto& each) { return each->may_grow && !each->is_copy && !waits_for_older(*each); });
  if (goes_on && !sink_.is_full()) read_soon(Duration::zero());
}

bool TailSource::waits_for_older(const FollowedFile& followed) const {
  for (const auto& other : followed_.list()) {
    if (other.get() == &followed) return false;
    if (other->origin.name == followed.origin.name && other->may_grow && !other->is_copy) return true;
  }
  return false;
}

// True: there is more. A file is looked at before each read, not between the parts of one.
bool TailSource::read(FollowedFile& followed, std::size_t& budget) {
  if (followed.file->look() == TailedFile::Change::cut) {
    begin_anew(followed);
    return true;
  }
  const std::uint64_t before = followed.file->offset();
  const std::size_t part = std::min<std::size_t>(budget, 256 * 1024);
  const bool more =
      followed.file->read(part, [&](const Line& line, std::uint64_t begin) { give(followed, line, begin); });
  const std::uint64_t got = followed.file->offset() - before;
  if (got > 0) followed.changed_at = loop_.now();
  budget -= std::min<std::uint64_t>(budget, got);
  return more;
}

void TailSource::give(FollowedFile& followed, const Line& line, std::uint64_t begin) {
  followed.origin.position->first = followed.file->first();  // first: positions may be saved in the very call
  followed.joiner.add(line, begin, loop_.now(), [&](const Event& event) { sink_.take(followed.origin, event); });
}

// The file was truncated. What of it was not read yet may stand in a copy; the rest begins anew under a position of its
// own, since records of the old content may still wait for delivery.
void TailSource::begin_anew(FollowedFile& followed) {
  stats_.truncated.add();
  followed.joiner.flush([&](const Event& event) { sink_.take(followed.origin, event); });
  followed_.follow_copy(followed);
  fading_.push_back({followed.origin.position, followed.file->offset()});
  auto position = std::make_shared<FilePosition>();
  position->path = followed.origin.name;
  position->id = followed.file->id();
  followed.origin.position = std::move(position);
  followed.file->start_at(0);
  followed.may_grow = true;
}

void TailSource::flush_waiting(bool all) {
  for (const auto& followed : followed_.list()) {
    if (!followed->joiner.is_waiting()) continue;
    if (!all && loop_.now() - followed->joiner.changed_at() < options_.flush_after) continue;
    followed->joiner.flush([&](const Event& event) { sink_.take(followed->origin, event); });
  }
}

void TailSource::flush() { flush_waiting(true); }

void TailSource::close_finished() {
  const FollowedFiles::List& files = followed_.list();
  for (std::size_t i = 0; i < files.size();) {
    FollowedFile& file = *files[i];
    const bool is_unread = file.may_grow && !file.is_copy;
    if (!file.is_rotated || is_unread || loop_.now() - file.changed_at < kRotatedWait) {
      ++i;
      continue;
    }
    close(file);
    followed_.remove(i);
  }
}

void TailSource::close(FollowedFile& followed) {
  followed.file->finish([&](const Line& line, std::uint64_t begin) { give(followed, line, begin); });
  followed.joiner.flush([&](const Event& event) { sink_.take(followed.origin, event); });
  fading_.push_back({followed.origin.position, followed.file->offset()});
}

void TailSource::delivered() { save(); }

void TailSource::leave(HandOver& to) {
  to.positions.emplace();
  for (const auto& position : positions()) to.positions->push_back(*position);
}

// How far each file is delivered.
std::vector<std::shared_ptr<FilePosition>> TailSource::positions() const {
  std::vector<std::shared_ptr<FilePosition>> positions;
  for (const Fading& fading : fading_) {
    if (fading.position->offset < fading.until) positions.push_back(fading.position);
  }
  for (const auto& followed : followed_.list()) {
    if (std::ranges::find(positions, followed->origin.position) == positions.end()) {
      positions.push_back(followed->origin.position);
    }
  }
  return positions;
}

void TailSource::save() {
  std::erase_if(fading_, [](const Fading& fading) { return fading.position->offset >= fading.until; });
  if (!options_.state) return;
  const auto saved = options_.state->save(positions());
  if (saved) {
    is_state_reported_ = false;
    return;
  }
  stats_.state_failures.add();
  if (!std::exchange(is_state_reported_, true)) {
    log(LogLevel::error, "the positions of log files cannot be kept: a restart would repeat lines",
        {{"error", saved.error()}});
  }
}

}  // namespace outrigger::adapters::logs
