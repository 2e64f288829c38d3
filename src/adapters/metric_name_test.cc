#include "adapters/metric_name.h"

#include <catch2/catch.hpp>

namespace outrigger::adapters {

TEST_CASE("any text becomes a name in snake_case", "[adapter]") {
  struct Row {
    const char* text;
    const char* name;
  };
  for (const Row& row :
       {Row{"queueLen", "queue_len"}, Row{"app.db-time", "app_db_time"}, Row{"9x", "_9x"}, Row{"HTTPCode", "http_code"},
        Row{"p99Ms", "p99_ms"}, Row{"a__b..c", "a_b_c"}, Row{"ABC", "abc"}, Row{"...", ""}, Row{"", ""},
        Row{"\xc3\xa9t\xc3\xa9", "t"}, Row{"a b ", "a_b"}}) {
    CAPTURE(row.text);
    CHECK(snake_case(row.text) == row.name);
  }
}

TEST_CASE("names are those of Prometheus", "[adapter]") {
  for (const char* good : {"a", "_a", "a:b", "A9_"}) CHECK(is_metric_name(good));
  for (const char* bad : {"", "9a", "a-b", "a b", "\xc3\xa9"}) CHECK_FALSE(is_metric_name(bad));
  CHECK(is_label_name("a_9"));
  for (const char* bad : {"", "__a", "a:b", "9"}) CHECK_FALSE(is_label_name(bad));
}

}  // namespace outrigger::adapters
