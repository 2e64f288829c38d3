#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

// Frames that cost their sender little and us much. None is an error by itself; too many are.
namespace outrigger::http::h2 {

enum class Abuse : std::uint8_t {
#define OUTRIGGER_HTTP2_ABUSE(name, burst, per_second, text) name,
#include "http/h2/abuse.def"
#undef OUTRIGGER_HTTP2_ABUSE
};

struct AbuseInfo {
  std::string_view token;  // stable, snake_case: metric label
  std::uint16_t burst;
  std::uint16_t per_second;
  std::string_view text;
};

inline constexpr AbuseInfo kAbuses[] = {
#define OUTRIGGER_HTTP2_ABUSE(name, burst, per_second, text) {#name, burst, per_second, text},
#include "http/h2/abuse.def"
#undef OUTRIGGER_HTTP2_ABUSE
};
inline constexpr std::size_t kAbuseKinds = std::size(kAbuses);

constexpr const AbuseInfo& describe(Abuse abuse) { return kAbuses[static_cast<std::size_t>(abuse)]; }

// What one peer may still do: a bucket for each kind, filled with time and by useful work. Times are milliseconds of
// any clock that does not go back.
class AbuseGuard {
 public:
  explicit AbuseGuard(std::uint64_t now = 0) : filled_(now) {
    for (std::size_t i = 0; i < kAbuseKinds; ++i) left_[i] = kAbuses[i].burst * kUnit;
  }

  // One more of this kind; false when it is one too many.
  bool use(Abuse kind) {
    auto& left = left_[static_cast<std::size_t>(kind)];
    if (left < kUnit) return false;
    left -= kUnit;
    return true;
  }
  // Useful work allows for `count` more.
  void allow(Abuse kind, std::uint32_t count) {
    const auto most = static_cast<std::uint32_t>(describe(kind).burst) * kUnit;
    auto& left = left_[static_cast<std::size_t>(kind)];
    left = std::min(left + count * kUnit, most);
  }
  // Lets time pass. Cost: nothing within a tenth of a second.
  void advance(std::uint64_t now) {
    if (now < filled_ + kStep) return;
    const std::uint64_t passed = std::min(now - filled_, std::uint64_t{1} << 16);
    filled_ = now;
    for (std::size_t i = 0; i < kAbuseKinds; ++i) {
      const std::uint64_t more = left_[i] + passed * kAbuses[i].per_second;
      left_[i] = static_cast<std::uint32_t>(std::min<std::uint64_t>(more, kAbuses[i].burst * kUnit));
    }
  }

 private:
  static constexpr std::uint32_t kUnit = 1000;  // one frame; so one millisecond at n a second is worth n
  static constexpr std::uint64_t kStep = 100;
  std::array<std::uint32_t, kAbuseKinds> left_;
  std::uint64_t filled_;
};

}  // namespace outrigger::http::h2
