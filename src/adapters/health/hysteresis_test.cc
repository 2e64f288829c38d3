#include "adapters/health/hysteresis.h"

#include <catch2/catch.hpp>

namespace outrigger::adapters {

TEST_CASE("health: the first round decides, later ones need to agree", "[adapter][health]") {
  Hysteresis state(2, 3);
  CHECK_FALSE(state.is_known());
  CHECK(state.observe(true));
  CHECK(state.is_good());
  CHECK_FALSE(state.observe(false));
  CHECK_FALSE(state.observe(false));
  CHECK_FALSE(state.observe(true));  // begins anew
  CHECK_FALSE(state.observe(false));
  CHECK_FALSE(state.observe(false));
  CHECK(state.observe(false));
  CHECK_FALSE(state.is_good());
  CHECK_FALSE(state.observe(true));
  CHECK(state.observe(true));
  CHECK(state.is_good());
}

}  // namespace outrigger::adapters
