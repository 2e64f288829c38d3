#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "adapters/merge.h"
#include "adapters/metric_name.h"
#include "adapters/prometheus/text_parser.h"

// A page is families that can be written and read again as the same ones, or it has an error that names a line or a
// metric.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace outrigger;
  const auto page = adapters::parse_metrics({reinterpret_cast<const char*>(data), size});
  if (!page) {
    if (page.error().empty()) std::abort();
    return 0;
  }
  for (const stats::MetricFamily& family : *page) {
    if (!adapters::is_metric_name(family.name) || family.metrics.empty()) std::abort();
  }
  // What several families would share is prefixed or left out, as on our own page.
  std::vector<stats::MetricFamily> ours;
  adapters::Page merged(ours);
  for (const stats::MetricFamily& family : *page) merged.add(family, "app_");
  const auto again = adapters::parse_metrics(stats::text_format(ours));
  if (!again || again->size() != ours.size()) std::abort();
  if (!adapters::parse_metrics(stats::open_metrics(ours))) std::abort();
  return 0;
}
