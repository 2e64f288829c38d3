#include "server/admin/accept.h"

#include <catch2/catch.hpp>

namespace outrigger::server {

TEST_CASE("accept: a type is wanted as much as its weight says", "[server]") {
  const char* prometheus =
      "application/openmetrics-text;version=1.0.0;q=0.5,application/openmetrics-text;version=0.0.1;q=0.4,"
      "text/plain;version=0.0.4;q=0.3,*/*;q=0.2";
  CHECK(accepted(prometheus, "application/openmetrics-text") == 0.5);
  CHECK(accepted(prometheus, "text/plain") == 0.3);
  CHECK(accepted(prometheus, "application/json") == 0);
  CHECK(accepted("Application/JSON", "application/json") == 1);
  CHECK(accepted("text/html, application/json ; q=0", "application/json") == 0);
  CHECK(accepted("", "application/json") == 0);
  CHECK(accepted(",;,q=1", "application/json") == 0);
}

}  // namespace outrigger::server
