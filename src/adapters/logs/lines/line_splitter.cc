#include "adapters/logs/lines/line_splitter.h"

#include <algorithm>

namespace outrigger::adapters::logs {

Line LineSplitter::line_of(std::string_view text, std::uint64_t length, std::uint64_t size) const {
  if (length == text.size() && text.ends_with('\r')) {
    text.remove_suffix(1);
    --length;
  }
  text = text.substr(0, most_);
  return {text, size, length - text.size()};
}

Line LineSplitter::whole(std::string_view text) const { return line_of(text, text.size(), text.size() + 1); }

Line LineSplitter::joined(std::string_view rest) {
  keep(rest);
  return line_of(part_, size_, size_ + 1);
}

// One byte more than the limit is kept, so that a "\r" behind a line of just that length is known for what it is.
void LineSplitter::keep(std::string_view bytes) {
  if (size_ == 0) part_.clear();
  const bool is_cut = part_.size() < size_;
  size_ += bytes.size();
  if (is_cut) return;
  part_.append(bytes.substr(0, most_ + 1 - std::min(most_ + 1, part_.size())));
}

std::optional<Line> LineSplitter::finish() {
  if (size_ == 0) return std::nullopt;
  const Line line = line_of(part_, size_, size_);
  size_ = 0;
  return line;
}

void LineSplitter::clear() {
  part_.clear();
  size_ = 0;
}

}  // namespace outrigger::adapters::logs
