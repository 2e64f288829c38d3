#include "cli/top/scrape.h"

#include <catch2/catch.hpp>

#include "adapters/prometheus/text_parser.h"

using namespace outrigger;
using namespace outrigger::cli;

namespace {

Scrape read(std::string_view text) { return Scrape(adapters::parse_metrics(text).value()); }

std::map<double, double> histogram(const std::string& buckets) {
  return read("# TYPE h histogram\n" + buckets).buckets("h");
}

}  // namespace

TEST_CASE("top: series are summed by label", "[cli]") {
  const Scrape scrape = read("# HELP a b\na{l=\"x\",m=\"q\\n\"} 1\na{l=\"y\"} 2.5\nab 7\n");
  CHECK(scrape.sum("a") == 3.5);
  CHECK(scrape.sum("a", "l", "y") == 2.5);
  CHECK(scrape.sum("a", "m", "q\n") == 1);
  CHECK(scrape.sum("ab") == 7);
  CHECK(scrape.sum("none") == 0);
  CHECK(scrape.values_of("a", "l") == std::vector<std::string>{"x", "y"});
}

TEST_CASE("top: a quantile is of what came between two looks", "[cli]") {
  const auto before = histogram("h_bucket{le=\"1\"} 10\nh_bucket{le=\"2\"} 10\nh_bucket{le=\"+Inf\"} 10\n");
  const auto now = histogram("h_bucket{le=\"1\"} 10\nh_bucket{le=\"2\"} 20\nh_bucket{le=\"+Inf\"} 20\n");
  CHECK(quantile(before, now, 0.5) == 1.5);
  CHECK(quantile(now, now, 0.5) == 0);
  CHECK(quantile({}, {}, 0.5) == 0);
  const auto beyond = histogram("h_bucket{le=\"1\"} 0\nh_bucket{le=\"+Inf\"} 5\n");
  CHECK(quantile({}, beyond, 0.99) == 1);
}
