#include "adapters/logs/syslog/framing.h"

#include <algorithm>

namespace outrigger::adapters::logs {
namespace {

constexpr std::size_t kMostDigits = 9;

bool is_digit(char c) { return c >= '0' && c <= '9'; }

}  // namespace

std::size_t SyslogFraming::step(std::string_view bytes) {
  if (left_ > 0) return take_counted(bytes);
  if (in_line_) return take_line(bytes);
  if (!counting_ && (bytes[0] < '1' || bytes[0] > '9')) {
    in_line_ = true;
    return take_line(bytes);
  }
  counting_ = true;
  return take_count(bytes);
}

// Digits and one blank are a count. Digits and anything else begin a line.
std::size_t SyslogFraming::take_count(std::string_view bytes) {
  std::size_t used = 0;
  while (used < bytes.size() && is_digit(bytes[used])) {
    digits_ += bytes[used++];
    if (digits_.size() > kMostDigits) {
      is_broken_ = true;
      return used;
    }
  }
  if (used == bytes.size()) return used;
  if (bytes[used] == ' ') {
    for (const char c : digits_) left_ = left_ * 10 + static_cast<std::uint64_t>(c - '0');
    return used + 1;
  }
  counting_ = false;
  in_line_ = true;
  keep(digits_);
  return used == 0 ? take_line(bytes) : used;
}

std::size_t SyslogFraming::take_counted(std::string_view bytes) {
  const auto used = static_cast<std::size_t>(std::min<std::uint64_t>(left_, bytes.size()));
  keep(bytes.substr(0, used));
  left_ -= used;
  is_complete_ = left_ == 0;
  return used;
}

std::size_t SyslogFraming::take_line(std::string_view bytes) {
  const auto end = bytes.find_first_of(std::string_view("\n\0", 2));
  keep(bytes.substr(0, end));
  if (end == std::string_view::npos) return bytes.size();
  if (cut_ == 0 && message_.ends_with('\r')) message_.pop_back();
  is_complete_ = true;
  return end + 1;
}

void SyslogFraming::keep(std::string_view bytes) {
  const std::size_t room = cut_ > 0 ? 0 : most_ - std::min(most_, message_.size());
  message_.append(bytes.substr(0, room));
  cut_ += bytes.size() - std::min(room, bytes.size());
}

}  // namespace outrigger::adapters::logs
