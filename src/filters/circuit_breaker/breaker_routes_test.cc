#include "filters/circuit_breaker/breaker_routes.h"

#include <catch2/catch.hpp>

namespace outrigger::filters {

TEST_CASE("circuit_breaker: a reload finds the breakers of the routes that the file still has",
          "[filter][circuit_breaker]") {
  using Names = std::vector<std::string>;
  BreakerRoutes known;
  for (const char* route : {"orders", "carts", "", "orders"}) known.add(route);
  const std::vector<std::string_view> both = {"carts", "new", "orders"};
  CHECK(known.keep(both) == Names{"", "carts", "orders"});
  const std::vector<std::string_view> one = {"new", "orders"};
  CHECK(known.keep(one) == Names{"", "orders"});
  CHECK(known.keep(both) == Names{"", "orders"});  // it comes back as a new one
}

}  // namespace outrigger::filters
