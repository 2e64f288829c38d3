#include "base/otlp/collector_url.h"

#include <catch2/catch.hpp>

using outrigger::base::collector_url;

TEST_CASE("otlp: a collector's URL without a path gets the path of the signal", "[base]") {
  struct Row {
    const char* url;
    const char* result;
  };
  for (const Row& row :
       {Row{"http://h:4318", "http://h:4318/v1/logs"}, Row{"http://h/", "http://h/v1/logs"},
        Row{"http://h/otlp", "http://h/otlp"}, Row{"http://h/otlp/", "http://h/otlp/"},
        Row{"http://h/v1/logs", "http://h/v1/logs"}, Row{"http://[::1]:4318", "http://[::1]:4318/v1/logs"},
        Row{"http://h?key=1", "http://h?key=1"}, Row{"http://h/?key=1", "http://h/?key=1"}}) {
    CAPTURE(row.url);
    CHECK(collector_url(row.url, "/v1/logs") == row.result);
  }
}
