#pragma once

#include <cstdint>
#include <optional>

namespace outrigger::adapters {

// A state that only turns when results against it come `rise` or `fall` times in a row. Where none is known yet, the
// first result decides.
class Hysteresis {
 public:
  // `known`: the state so far.
  Hysteresis(std::uint32_t rise, std::uint32_t fall, std::optional<bool> known = {})
      : rise_(rise), fall_(fall), is_known_(known.has_value()), is_good_(known.value_or(false)) {}

  // True: the state turned, or is now known.
  bool observe(bool is_good) {
    if (is_known_ && is_good == is_good_) {
      in_a_row_ = 0;
      return false;
    }
    if (is_known_ && ++in_a_row_ < (is_good ? rise_ : fall_)) return false;
    is_known_ = true;
    is_good_ = is_good;
    in_a_row_ = 0;
    return true;
  }
  bool is_known() const { return is_known_; }
  bool is_good() const { return is_good_; }

 private:
  std::uint32_t rise_, fall_;
  std::uint32_t in_a_row_ = 0;  // results against the state
  bool is_known_, is_good_;
};

}  // namespace outrigger::adapters
