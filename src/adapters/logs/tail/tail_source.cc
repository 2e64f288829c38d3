#include "adapters/logs/tail/tail_source.h"

#include <algorithm>
#include <utility>

#include "adapters/logs/hand_over.h"
#include "outrigger/process_log.h"

namespace outrigger::adapters::logs {
namespace {

using namespace std::chrono_literals;

constexpr Duration kGather = 10ms;      // after the kernel's word: more is often written at once
constexpr Duration kScanEvery = 5s;     // names, where the kernel tells nothing
constexpr Duration kRotatedWait = 10s;  // writers notice a rotation late

}  // namespace

TailSource::TailSource(EventLoop& loop, TailOptions options, std::vector<FilePosition> known, EventSink& sink,
                       LogStats& stats)
    : loop_(loop),
      options_(std::move(options)),
      known_(std::move(known)),
      sink_(sink),
      stats_(stats),
      events_(loop, [this](int watch) { on_change(watch); }),
      look_timer_(loop, [this] { look_at_all(); }),
      read_timer_(loop, [this] { read_all(); }) {}

TailSource::~TailSource() { stats_.files.add(-static_cast<std::int64_t>(files_.size())); }

void TailSource::start() {
  for (FilePosition& position : known_) restore(std::move(position));
  known_.clear();
  const std::size_t restored = files_.size();
  for (std::size_t i = 0; i < restored; ++i) {
    if (files_[i]->is_elsewhere) follow_later(files_[i]->origin.name, files_[i]->file->fd());
  }
  for (const auto& tracked : files_) tracked->is_copy = is_copy_of_known(*tracked);
  scan();
  is_started_ = true;
  save();
  look_timer_.start(options_.look_every);
  read_soon(Duration::zero());
}

// Finds a file of an earlier run again, under its name or wherever a rotation put it.
void TailSource::restore(FilePosition known) {
  const auto found = find_again(known);
  if (!found) {
    if (known.offset == 0) return;  // it was empty, as far as is known
    stats_.lost_files.add();
    log(LogLevel::warn, "a log file is gone since the last run: what was not read of it is lost",
        {{"path", known.path}, {"read_bytes", std::to_string(known.offset)}});
    return;
  }
  if (is_followed(found->id)) return;
  auto position = std::make_shared<FilePosition>(std::move(known));
  position->id = found->id;
  Tracked* tracked = track(*found, position, false);
  if (tracked != nullptr) tracked->is_elsewhere = found->path != position->path;
}

// More than one rotation happened since the open file had that name: what came in between is read behind it.
void TailSource::follow_later(const std::string& path, int fd) {
  for (const NamedFile& file : later_rotations(path, fd)) {
    if (is_followed(file.id)) continue;
    auto position = std::make_shared<FilePosition>();
    position->path = path;
    position->id = file.id;
    Tracked* tracked = track(file, std::move(position), false);
    if (tracked != nullptr) tracked->is_rotated = true;
  }
}

// `position`: how far it was read, under the name that it had.
TailSource::Tracked* TailSource::track(const NamedFile& file, std::shared_ptr<FilePosition> position, bool in_front) {
  auto opened = TailedFile::open(file.path, options_.longest_line);
  if (!opened || (*opened)->id() != file.id || files_.size() >= options_.most_files) {
    stats_.skipped_files.add();
    log(LogLevel::warn, "a log file is not followed",
        {{"path", file.path}, {"error", opened ? "too many files, or it changed its name" : opened.error()}});
    return nullptr;
  }
  auto tracked = std::make_unique<Tracked>(std::move(*opened), options_.join);
  tracked->file->start_at(position->offset);
  tracked->origin = {position->path, std::move(position)};
  tracked->changed_at = loop_.now();
  tracked->watch = events_.watch_file(tracked->file->fd());
  stats_.files.add();
  return files_.insert(in_front ? files_.begin() : files_.end(), std::move(tracked))->get();
}

void TailSource::scan() {
  scan_due_ = false;
  scanned_at_ = loop_.now();
  watch_directories();
  const auto files = matching_files(options_.patterns, options_.excluded);
  find_rotated(files);
  find_new(files);
}

// Each time: one that was removed or moved and made anew is another to the kernel, which gives the watch that is there
// for one that did not change.
void TailSource::watch_directories() {
  for (const std::string& directory : directories_of(options_.patterns)) {
    int& watch = directories_.try_emplace(directory, -1).first->second;
    const int before = std::exchange(watch, events_.watch_directory(directory));
    if (before != watch) events_.forget(before);
  }
}

void TailSource::find_rotated(const std::vector<NamedFile>& files) {
  std::vector<const Tracked*> rotated;
  for (const auto& tracked : files_) {
    const auto named = std::ranges::find(files, tracked->file->id(), &NamedFile::id);
    if (named == files.end()) {
      if (!std::exchange(tracked->is_rotated, true)) {
        tracked->changed_at = loop_.now();
        tracked->may_grow = true;
        stats_.rotated.add();
        rotated.push_back(tracked.get());
      }
      continue;
    }
    tracked->is_rotated = false;
    // Read to its end under the old name it goes on under the new one, where the patterns have that too.
    if (named->path != tracked->origin.name && !tracked->may_grow) {
      tracked->origin.name = named->path;
      tracked->origin.position->path = named->path;
    }
  }
  for (const Tracked* tracked : rotated) follow_later(tracked->origin.name, tracked->file->fd());
}

void TailSource::find_new(const std::vector<NamedFile>& files) {
  for (const NamedFile& file : files) {
    if (!is_followed(file.id)) follow_new(file);
  }
}

bool TailSource::is_followed(const FileId& id) const {
  return std::ranges::any_of(files_, [&](const auto& tracked) { return tracked->file->id() == id; });
}

void TailSource::follow_new(const NamedFile& file) {
  auto position = std::make_shared<FilePosition>();
  position->path = file.path;
  position->id = file.id;
  Tracked* tracked = track(file, position, false);
  if (tracked == nullptr) return;
  tracked->is_copy = is_copy_of_known(*tracked);
  if (tracked->is_copy || (options_.from_end && !is_started_)) {
    tracked->file->start_at(tracked->file->size());
    *position = tracked->file->mark();
    position->path = file.path;
  }
  read_soon(Duration::zero());
}

bool TailSource::is_copy_of_known(const Tracked& copy) const {
  return std::ranges::any_of(files_, [&](const auto& other) {
    if (other.get() == &copy || !is_rotated_name(other->origin.name, copy.origin.name)) return false;
    const FilePosition mark = other->file->mark();
    return mark.is_recognizable() && mark.is_of(copy.file->fd());
  });
}

void TailSource::on_change(int watch) {
  for (const auto& tracked : files_) {
    if (watch < 0 || tracked->watch == watch) tracked->may_grow = true;
  }
  scan_due_ = scan_due_ || watch < 0 ||
              std::ranges::any_of(directories_, [&](const auto& each) { return each.second == watch; });
  read_soon(kGather);
}

void TailSource::look_at_all() {
  look_timer_.start(options_.look_every);
  if (loop_.now() - scanned_at_ >= kScanEvery) scan_due_ = true;
  for (const auto& tracked : files_) {
    if (!tracked->may_grow) tracked->may_grow = tracked->file->look() != TailedFile::Change::none;
  }
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
  if (scan_due_) scan();
  std::size_t budget = kTurn;
  const std::size_t count = files_.size();
  for (std::size_t i = 0; i < count && budget > 0 && !sink_.is_full(); ++i) {
    Tracked& tracked = *files_[(next_ + i) % files_.size()];
    if (!tracked.may_grow || tracked.is_copy || waits_for_older(tracked)) continue;
    tracked.may_grow = read(tracked, budget);
    if (tracked.may_grow) next_ = (next_ + i) % files_.size();
  }
  close_finished();
  const bool goes_on = std::ranges::any_of(
      files_, [this](const auto& each) { return each->may_grow && !each->is_copy && !waits_for_older(*each); });
  if (goes_on && !sink_.is_full()) read_soon(Duration::zero());
}

bool TailSource::waits_for_older(const Tracked& tracked) const {
  for (const auto& other : files_) {
    if (other.get() == &tracked) return false;
    if (other->origin.name == tracked.origin.name && other->may_grow && !other->is_copy) return true;
  }
  return false;
}

// True: there is more. A file is looked at before each read, not between the parts of one.
bool TailSource::read(Tracked& tracked, std::size_t& budget) {
  if (tracked.file->look() == TailedFile::Change::cut) {
    begin_anew(tracked);
    return true;
  }
  const std::uint64_t before = tracked.file->offset();
  const std::size_t part = std::min<std::size_t>(budget, 256 * 1024);
  const bool more =
      tracked.file->read(part, [&](const Line& line, std::uint64_t begin) { give(tracked, line, begin); });
  const std::uint64_t got = tracked.file->offset() - before;
  if (got > 0) tracked.changed_at = loop_.now();
  budget -= std::min<std::uint64_t>(budget, got);
  return more;
}

void TailSource::give(Tracked& tracked, const Line& line, std::uint64_t begin) {
  tracked.origin.position->first = tracked.file->first();  // first: positions may be saved in the very call
  tracked.joiner.add(line, begin, loop_.now(), [&](const Event& event) { sink_.take(tracked.origin, event); });
}

// The file was truncated. What of it was not read yet may stand in a copy; the rest begins anew under a position of its
// own, since records of the old content may still wait for delivery.
void TailSource::begin_anew(Tracked& tracked) {
  stats_.truncated.add();
  tracked.joiner.flush([&](const Event& event) { sink_.take(tracked.origin, event); });
  read_copy(tracked);
  fading_.push_back({tracked.origin.position, tracked.file->offset()});
  auto position = std::make_shared<FilePosition>();
  position->path = tracked.origin.name;
  position->id = tracked.file->id();
  tracked.origin.position = std::move(position);
  tracked.file->start_at(0);
  tracked.may_grow = true;
}

void TailSource::read_copy(Tracked& cut) {
  FilePosition mark = cut.file->mark();
  mark.path = cut.origin.name;
  if (!mark.is_recognizable()) return;
  const auto found = find_again(mark);
  if (!found || found->id == cut.file->id()) {
    log(LogLevel::info, "a log file was truncated; no copy of it stands beside it",
        {{"path", cut.origin.name}, {"read_bytes", std::to_string(mark.offset)}});
    return;
  }
  const auto known = std::ranges::find_if(files_, [&](const auto& each) { return each->file->id() == found->id; });
  if (known != files_.end() && !(*known)->is_copy) return;
  // The position moves to the copy, so that a restart goes on there.
  const std::shared_ptr<FilePosition> position = cut.origin.position;
  position->id = found->id;
  if (known != files_.end()) {
    auto copy = std::move(*known);
    files_.erase(known);
    copy->is_copy = false;
    copy->may_grow = true;
    copy->origin = {cut.origin.name, position};
    copy->file->start_at(mark.offset);
    files_.insert(files_.begin(), std::move(copy));
    return;
  }
  Tracked* copy = track(*found, position, true);
  if (copy == nullptr) return;
  copy->file->start_at(mark.offset);
  copy->is_rotated = true;
  follow_later(cut.origin.name, copy->file->fd());
}

void TailSource::flush_waiting(bool all) {
  for (const auto& tracked : files_) {
    if (!tracked->joiner.is_waiting()) continue;
    if (!all && loop_.now() - tracked->joiner.changed_at() < options_.flush_after) continue;
    tracked->joiner.flush([&](const Event& event) { sink_.take(tracked->origin, event); });
  }
}

void TailSource::flush() { flush_waiting(true); }

void TailSource::close_finished() {
  for (std::size_t i = 0; i < files_.size();) {
    Tracked& tracked = *files_[i];
    const bool is_unread = tracked.may_grow && !tracked.is_copy;
    if (!tracked.is_rotated || is_unread || loop_.now() - tracked.changed_at < kRotatedWait) {
      ++i;
      continue;
    }
    close(tracked);
    files_.erase(files_.begin() + static_cast<std::ptrdiff_t>(i));
  }
}

void TailSource::close(Tracked& tracked) {
  tracked.file->finish([&](const Line& line, std::uint64_t begin) { give(tracked, line, begin); });
  tracked.joiner.flush([&](const Event& event) { sink_.take(tracked.origin, event); });
  events_.forget(tracked.watch);
  stats_.files.add(-1);
  fading_.push_back({tracked.origin.position, tracked.file->offset()});
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
  for (const auto& tracked : files_) {
    if (std::ranges::find(positions, tracked->origin.position) == positions.end()) {
      positions.push_back(tracked->origin.position);
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
