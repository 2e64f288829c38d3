#pragma once

#include <cstdint>

namespace outrigger::adapters {

// A state that only turns when results against it come `rise` or `fall` times in a row. The first result decides.
class Hysteresis {
 public:
  Hysteresis(std::uint32_t rise, std::uint32_t fall) : rise_(rise), fall_(fall) {}

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
  bool is_known_ = false;
  bool is_good_ = false;
};

}  // namespace outrigger::adapters
