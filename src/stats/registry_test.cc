#include <catch2/catch.hpp>
#include <thread>

#include "outrigger/stats.h"
#include "stats/families.h"

namespace outrigger::stats {

TEST_CASE("stats: what several workers and other threads count is summed", "[stats]") {
  const Counter counted = counter("test_sum_total", "Test.");
  std::thread first([&] {
    set_worker(1);
    for (int i = 0; i < 1000; ++i) counted.add();
  });
  std::thread second([&] {
    set_worker(2);
    for (int i = 0; i < 1000; ++i) counted.add(2);
  });
  for (int i = 0; i < 1000; ++i) counted.add(3);
  first.join();
  second.join();
  CHECK(counted.total() == 6000);
}

TEST_CASE("stats: the same name and labels give the same cells, other labels other ones", "[stats]") {
  const Counter a = counter("test_labels_total", "Test.", {{"k", "a"}});
  const Counter b = counter("test_labels_total", "Test.", {{"k", "b"}});
  counter("test_labels_total", "Test.", {{"k", "a"}}).add(5);
  CHECK(a.total() == 5);
  CHECK(b.total() == 0);
}

TEST_CASE("stats: a histogram is cumulative and has its sum", "[stats]") {
  const Histogram seen = histogram("test_seen_seconds", "Test.");
  for (const double value : {0.0001, 0.003, 0.003, 100.0}) seen.observe(value);
  const std::string text = exposition();
  CHECK(text.find("test_seen_seconds_bucket{le=\"0.0005\"} 1\n") != std::string::npos);
  CHECK(text.find("test_seen_seconds_bucket{le=\"0.005\"} 3\n") != std::string::npos);
  CHECK(text.find("test_seen_seconds_bucket{le=\"+Inf\"} 4\n") != std::string::npos);
  CHECK(text.find("test_seen_seconds_count 4\n") != std::string::npos);
}

TEST_CASE("stats: a bucket shows the latest exemplar of what it counted, for who asks for OpenMetrics", "[stats]") {
  const Histogram seen = histogram("test_exemplar_seconds", "Test.");
  for (const double value : {0.003, 0.004, 0.0041, 100.0}) seen.observe(value);
  seen.keep_exemplar(0.003, "0af7", "01", 1699999999.25);
  seen.keep_exemplar(0.004, "0af7", "02", 1700000000.5);
  seen.keep_exemplar(0.0041, "0af7", "03", 1700000001.25);  // within a second
  Histogram().keep_exemplar(1, "0af7", "03", 1);
  const std::vector families{collect("test_exemplar_seconds")};
  const std::string text = open_metrics(families);
  CHECK(
      text.contains("test_exemplar_seconds_bucket{le=\"0.005\"} 3 # {trace_id=\"0af7\",span_id=\"02\"} 0.004 "
                    "1700000000.500\n"));
  CHECK(text.contains("test_exemplar_seconds_bucket{le=\"+Inf\"} 4\n"));
  CHECK_FALSE(text_format(families).contains("0af7"));
}

TEST_CASE("stats: more label sets than the limit share one", "[stats]") {
  for (int i = 0; i < 1100; ++i) counter("test_many_total", "Test.", {{"k", std::to_string(i)}}).add();
  const std::string text = exposition();
  CHECK(text.find("test_many_total{k=\"other\"} 100\n") != std::string::npos);
}

TEST_CASE("stats: a counter without a name counts where nobody looks", "[stats]") {
  const Counter nothing;
  nothing.add(7);
  const Counter named = counter("test_named_total", "Test.");
  CHECK(named.total() == 0);
}

}  // namespace outrigger::stats
