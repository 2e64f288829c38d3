#include "cli/top/scrape.h"

#include <catch2/catch.hpp>

using namespace outrigger::cli;

TEST_CASE("top: series are summed by label", "[cli]") {
  const Scrape scrape(
      "# HELP a b\na{l=\"x\",m=\"q\\\"}1\"} 1\na{l=\"y\"} 2.5\nab 7\na_bucket{le=\"1\"} 3\na_bucket{le=\"+Inf\"} 4\n");
  CHECK(scrape.sum("a") == 3.5);
  CHECK(scrape.sum("a", "l", "y") == 2.5);
  CHECK(scrape.sum("a", "m", "q\"}1") == 1);
  CHECK(scrape.sum("ab") == 7);
  CHECK(scrape.sum("none") == 0);
  CHECK(scrape.values_of("a", "l") == std::vector<std::string>{"x", "y"});
  CHECK(scrape.buckets("a").size() == 2);
}

TEST_CASE("top: a quantile is of what came between two looks", "[cli]") {
  const auto before = Scrape("h_bucket{le=\"1\"} 10\nh_bucket{le=\"2\"} 10\nh_bucket{le=\"+Inf\"} 10\n").buckets("h");
  const auto now = Scrape("h_bucket{le=\"1\"} 10\nh_bucket{le=\"2\"} 20\nh_bucket{le=\"+Inf\"} 20\n").buckets("h");
  CHECK(quantile(before, now, 0.5) == 1.5);
  CHECK(quantile(now, now, 0.5) == 0);
  CHECK(quantile({}, {}, 0.5) == 0);
  const auto beyond = Scrape("h_bucket{le=\"1\"} 0\nh_bucket{le=\"+Inf\"} 5\n").buckets("h");
  CHECK(quantile({}, beyond, 0.99) == 1);
}
