#include "adapters/logs/lines/joiner.h"

namespace outrigger::adapters::logs {

bool JoinRule::goes_on(std::string_view line) const {
  if (start) return !start->found_in(line);
  return continued && continued->found_in(line);
}

bool Joiner::is_full(const Line& line) const {
  return waiting_.lines >= rule_.most_lines || waiting_.text.size() + 1 + line.text.size() > rule_.most_bytes;
}

void Joiner::append(const Event& line, Instant now) {
  if (waiting_.lines == 0) {
    waiting_.text.clear();
    waiting_.event.cut = 0;
  } else {
    waiting_.text += '\n';
  }
  waiting_.last_begin = waiting_.text.size();
  waiting_.text += line.text;
  waiting_.event.cut += line.cut;
  waiting_.event.end = line.end;
  waiting_.event.last_end = line.last_end;
  waiting_.changed_at = now;
  ++waiting_.lines;
}

}  // namespace outrigger::adapters::logs
