#include "server/keyed_store.h"

#include <catch2/catch.hpp>
#include <vector>

namespace outrigger::server {

TEST_CASE("keyed store: what is in use is found again, what is not is made anew", "[server]") {
  ProcessStore store;
  const auto make = [] { return std::make_shared<int>(1); };
  const auto kept = store.find_or_make("a", make);
  REQUIRE(store.find_or_make("a", make) == kept);
  store.find_or_make("b", make);
  const std::weak_ptr<void> gone = store.find_or_make("b", make);
  REQUIRE(gone.expired());
}

TEST_CASE("keyed store: keys that nobody uses do not pile up", "[server]") {
  ProcessStore store;
  const auto make = [] { return std::make_shared<int>(1); };
  std::vector<std::shared_ptr<void>> kept;
  for (int i = 0; i < 100; ++i) kept.push_back(store.find_or_make("kept" + std::to_string(i), make));
  for (int i = 0; i < 10'000; ++i) store.find_or_make("gone" + std::to_string(i), make);
  REQUIRE(store.size() <= 200);
  for (int i = 0; i < 100; ++i)
    REQUIRE(store.find_or_make("kept" + std::to_string(i), make) == kept[static_cast<std::size_t>(i)]);
}

}  // namespace outrigger::server
