#include "adapters/logs/tail/followed_files.h"

#include <algorithm>
#include <utility>

#include "outrigger/process_log.h"

namespace outrigger::adapters::logs {
namespace {

using namespace std::chrono_literals;

constexpr Duration kScanEvery = 5s;  // names, where the kernel tells nothing

}  // namespace

FollowedFiles::FollowedFiles(EventLoop& loop, const TailOptions& options, LogStats& stats,
                             std::function<void()> changed)
    : loop_(loop), options_(options), stats_(stats), changed_(std::move(changed)), events_(loop, [this](int watch) {
        on_change(watch);
      }) {}

FollowedFiles::~FollowedFiles() { stats_.files.add(-static_cast<std::int64_t>(files_.size())); }

void FollowedFiles::start(std::vector<FilePosition> known) {
  for (FilePosition& position : known) restore(std::move(position));
  const std::size_t restored = files_.size();
  for (std::size_t i = 0; i < restored; ++i) {
    if (files_[i]->is_elsewhere) find_later(files_[i]->origin.name, files_[i]->file->fd());
  }
  for (const auto& followed : files_) followed->is_copy = is_copy_of_known(*followed);
  scan(options_.from_end);
}

// Finds a file of an earlier run again, under its name or wherever a rotation put it.
void FollowedFiles::restore(FilePosition known) {
  const auto found = find_again(known);
  if (!found) {
    if (known.offset == 0) return;  // it was empty, as far as is known
    stats_.lost_files.add();
    log(LogLevel::warn, "a log file is gone since the last run: what was not read of it is lost",
        {{"path", known.path}, {"read_bytes", known.offset}});
    return;
  }
  if (find(found->id) != files_.end()) return;
  auto position = std::make_shared<FilePosition>(std::move(known));
  position->id = found->id;
  FollowedFile* followed = follow(*found, position, false);
  if (followed != nullptr) followed->is_elsewhere = found->path != position->path;
}

// More than one rotation happened since the open file had that name: what came in between is read behind it.
void FollowedFiles::find_later(const std::string& path, int fd) {
  for (const NamedFile& file : later_rotations(path, fd)) {
    if (find(file.id) != files_.end()) continue;
    auto position = std::make_shared<FilePosition>();
    position->path = path;
    position->id = file.id;
    FollowedFile* followed = follow(file, std::move(position), false);
    if (followed != nullptr) followed->is_rotated = true;
  }
}

// `position`: how far it was read, under the name that it had.
FollowedFile* FollowedFiles::follow(const NamedFile& file, std::shared_ptr<FilePosition> position, bool in_front) {
  auto opened = TailedFile::open(file.path, options_.longest_line);
  if (!opened || (*opened)->id() != file.id || files_.size() >= options_.most_files) {
    stats_.skipped_files.add();
    log(LogLevel::warn, "a log file is not followed",
        {{"path", file.path}, {"error", opened ? "too many files, or it changed its name" : opened.error()}});
    return nullptr;
  }
  auto followed = std::make_unique<FollowedFile>(std::move(*opened), options_.join);
  followed->file->start_at(position->offset);
  followed->origin = {position->path, std::move(position)};
  followed->changed_at = loop_.now();
  followed->watch = events_.watch_file(followed->file->fd());
  stats_.files.add();
  return files_.insert(in_front ? files_.begin() : files_.end(), std::move(followed))->get();
}

void FollowedFiles::find_changes() {
  if (scan_due_) scan(false);
}

void FollowedFiles::scan(bool from_end) {
  scan_due_ = false;
  scanned_at_ = loop_.now();
  watch_directories();
  const auto files = matching_files(options_.patterns, options_.excluded);
  find_rotated(files);
  find_new(files, from_end);
}

// Each time: one that was removed or moved and made anew is another to the kernel, which gives the watch that is there
// for one that did not change.
void FollowedFiles::watch_directories() {
  for (const std::string& directory : directories_of(options_.patterns)) {
    int& watch = directories_.try_emplace(directory, -1).first->second;
    const int before = std::exchange(watch, events_.watch_directory(directory));
    if (before != watch) events_.forget(before);
  }
}

void FollowedFiles::find_rotated(const std::vector<NamedFile>& files) {
  std::vector<const FollowedFile*> rotated;
  for (const auto& followed : files_) {
    const auto named = std::ranges::find(files, followed->file->id(), &NamedFile::id);
    if (named == files.end()) {
      if (!std::exchange(followed->is_rotated, true)) {
        followed->changed_at = loop_.now();
        followed->may_grow = true;
        stats_.rotated.add();
        rotated.push_back(followed.get());
      }
      continue;
    }
    followed->is_rotated = false;
    // Read to its end under the old name it goes on under the new one, where the patterns have that too.
    if (named->path != followed->origin.name && !followed->may_grow) {
      followed->origin.name = named->path;
      followed->origin.position->path = named->path;
    }
  }
  for (const FollowedFile* each : rotated) find_later(each->origin.name, each->file->fd());
}

void FollowedFiles::find_new(const std::vector<NamedFile>& files, bool from_end) {
  for (const NamedFile& file : files) {
    if (find(file.id) == files_.end()) follow_new(file, from_end);
  }
}

FollowedFiles::List::iterator FollowedFiles::find(const FileId& id) {
  return std::ranges::find_if(files_, [&](const auto& each) { return each->file->id() == id; });
}

void FollowedFiles::follow_new(const NamedFile& file, bool from_end) {
  auto position = std::make_shared<FilePosition>();
  position->path = file.path;
  position->id = file.id;
  FollowedFile* followed = follow(file, position, false);
  if (followed == nullptr) return;
  followed->is_copy = is_copy_of_known(*followed);
  if (followed->is_copy || from_end) {
    followed->file->start_at(followed->file->size());
    *position = followed->file->mark();
    position->path = file.path;
  }
}

bool FollowedFiles::is_copy_of_known(const FollowedFile& copy) const {
  return std::ranges::any_of(files_, [&](const auto& other) {
    if (other.get() == &copy || !is_rotated_name(other->origin.name, copy.origin.name)) return false;
    const FilePosition mark = other->file->mark();
    return mark.is_recognizable() && mark.is_of(copy.file->fd());
  });
}

void FollowedFiles::on_change(int watch) {
  for (const auto& followed : files_) {
    if (watch < 0 || followed->watch == watch) followed->may_grow = true;
  }
  scan_due_ = scan_due_ || watch < 0 ||
              std::ranges::any_of(directories_, [&](const auto& each) { return each.second == watch; });
  changed_();
}

void FollowedFiles::look() {
  if (loop_.now() - scanned_at_ >= kScanEvery) scan_due_ = true;
  for (const auto& followed : files_) {
    if (!followed->may_grow) followed->may_grow = followed->file->look() != TailedFile::Change::none;
  }
}

void FollowedFiles::follow_copy(const FollowedFile& cut) {
  FilePosition mark = cut.file->mark();
  mark.path = cut.origin.name;
  if (!mark.is_recognizable()) return;
  const auto found = find_again(mark);
  if (!found || found->id == cut.file->id()) {
    log(LogLevel::info, "a log file was truncated; no copy of it stands beside it",
        {{"path", cut.origin.name}, {"read_bytes", mark.offset}});
    return;
  }
  const auto known = find(found->id);
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
  FollowedFile* copy = follow(*found, position, true);
  if (copy == nullptr) return;
  copy->file->start_at(mark.offset);
  copy->is_rotated = true;
  find_later(cut.origin.name, copy->file->fd());
}

void FollowedFiles::remove(std::size_t index) {
  events_.forget(files_[index]->watch);
  stats_.files.add(-1);
  files_.erase(files_.begin() + static_cast<std::ptrdiff_t>(index));
}

}  // namespace outrigger::adapters::logs
