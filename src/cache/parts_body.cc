#include "cache/parts_body.h"

#include <algorithm>

namespace outrigger::cache {

Body::State PartsBody::pull(std::string_view& bytes) {
  while (!parts_.empty()) {
    const Part& part = parts_.front();
    if (!part.text.empty()) {
      bytes = part.text;
      parts_ = parts_.subspan(1);
      return State::data;
    }
    if (!is_inside_) {
      is_inside_ = true;
      offset_ = part.first;
    }
    if (offset_ < part.end) {
      const State state = bytes_at(offset_, bytes);
      if (state == State::data) {
        bytes = bytes.substr(0, static_cast<std::size_t>(std::min<std::uint64_t>(bytes.size(), part.end - offset_)));
        offset_ += bytes.size();
      }
      if (state != State::end) return state;
    }
    is_inside_ = false;
    parts_ = parts_.subspan(1);
  }
  return State::end;
}

}  // namespace outrigger::cache
