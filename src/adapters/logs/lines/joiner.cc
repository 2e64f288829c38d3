#include "adapters/logs/lines/joiner.h"

namespace outrigger::adapters::logs {

bool JoinRule::goes_on(std::string_view line) const {
  if (start) return !start->found_in(line);
  return continued && continued->found_in(line);
}

bool Joiner::is_full(const Line& line) const {
  return lines_ >= rule_.most_lines || text_.size() + 1 + line.text.size() > rule_.most_bytes;
}

void Joiner::append(const Event& line, Instant now) {
  if (lines_ == 0) {
    text_.clear();
    pending_.cut = 0;
  } else {
    text_ += '\n';
  }
  last_begin_ = text_.size();
  text_ += line.text;
  pending_.cut += line.cut;
  pending_.end = line.end;
  pending_.last_end = line.last_end;
  changed_at_ = now;
  ++lines_;
}

}  // namespace outrigger::adapters::logs
