#include "proxy/records/record.h"

#include <catch2/catch.hpp>

using namespace outrigger;
using namespace outrigger::proxy;
using namespace std::chrono_literals;

TEST_CASE("the record of what began later comes first, wherever the wall clock was set to") {
  const auto made = [](Duration started, WallTime::duration began, std::uint64_t serial) {
    auto record = std::make_shared<Record>();
    record->started = Instant(started);
    record->began = WallTime(began);
    record->serial = serial;
    return record;
  };
  CHECK(is_later(made(2s, 10h, 1), made(1s, 11h, 2)));
  CHECK_FALSE(is_later(made(1s, 11h, 2), made(2s, 10h, 1)));
  CHECK(is_later(made(1s, 0h, 2), made(1s, 0h, 1)));
}
