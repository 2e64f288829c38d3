#include "adapters/push/otlp_metrics.h"

#include <algorithm>
#include <bit>
#include <cmath>

#include "base/hex.h"
#include "base/otlp/protobuf_writer.h"

namespace outrigger::adapters {
namespace {

using base::append_nested;
using base::ProtobufWriter;
using stats::Metric;
using stats::MetricFamily;
using stats::MetricType;

constexpr std::uint64_t kCumulative = 2;  // AggregationTemporality

std::uint64_t nanoseconds(WallTime time) {
  return static_cast<std::uint64_t>(std::chrono::nanoseconds(time.time_since_epoch()).count());
}

// Written into a room of its own; nothing where it does not fit.
template <typename Write>
std::string written(Write write) {
  char room[ProtobufWriter::kMaxNested];
  ProtobufWriter writer(room, sizeof room);
  write(writer);
  return writer.is_full() ? std::string() : std::string(room, writer.size());
}

void attribute(ProtobufWriter& out, std::uint32_t field, std::string_view name, std::string_view value) {
  const auto pair = out.begin(field);
  out.text(1, name);
  const auto any = out.begin(2);
  out.text(1, value);
  out.end(any);
  out.end(pair);
}

void attributes(ProtobufWriter& out, std::uint32_t field, const stats::Labels& labels) {
  for (const auto& [name, value] : labels) attribute(out, field, name, value);
}

// repeated fixed64 and double, packed: each is eight bytes, the lowest first.
void append_fixed(std::string& out, std::uint64_t value) {
  for (int i = 0; i < 8; ++i, value >>= 8) out += static_cast<char>(value & 0xff);
}

void exemplar(ProtobufWriter& out, std::uint32_t field, const stats::Exemplar& from) {
  const auto made = out.begin(field);
  if (from.time > 0) out.fixed64(2, static_cast<std::uint64_t>(from.time * 1e9));
  out.float64(3, from.value);
  for (const auto& [name, value] : from.labels) {
    const auto span = name == "span_id" ? base::from_hex(value, 8) : std::nullopt;
    const auto trace = name == "trace_id" ? base::from_hex(value, 16) : std::nullopt;
    if (span) {
      out.bytes(4, *span);
    } else if (trace) {
      out.bytes(5, *trace);
    } else {
      attribute(out, 7, name, value);
    }
  }
  out.end(made);
}

// The field of Metric that holds data of that type.
std::uint32_t data_field(MetricType type) {
  switch (type) {
    case MetricType::counter:
      return 7;  // sum
    case MetricType::histogram:
      return 9;
    case MetricType::summary:
      return 11;
    case MetricType::gauge:
    case MetricType::untyped:
      break;
  }
  return 5;  // gauge
}

class Encoder {
 public:
  Encoder(const OtlpContext& context, std::size_t most_points)
      : start_(nanoseconds(context.started)), now_(nanoseconds(context.now)), most_points_(most_points) {
    resource_ = written([&](ProtobufWriter& out) {
      for (const auto& [name, value] : context.resource) attribute(out, 1, name, value);
    });
    scope_ = written([](ProtobufWriter& out) {
      out.text(1, "outrigger");
      out.text(2, OUTRIGGER_VERSION);
    });
  }

  void add(const MetricFamily& family) {
    std::span<const Metric> left = family.metrics;
    while (!left.empty()) {
      const std::size_t count = std::min(most_points_ - points_, left.size());
      add(family, left.first(count));
      left = left.subspan(count);
      if (points_ >= most_points_) end_request();
    }
  }
  std::vector<std::string> take() {
    end_request();
    return std::move(requests_);
  }

 private:
  void add(const MetricFamily& family, std::span<const Metric> metrics) {
    std::string data;
    for (const Metric& metric : metrics) {
      const std::string made = point(family.type, metric);
      if (!made.empty()) append_nested(data, 1, made);
    }
    points_ += metrics.size();
    if (data.empty()) return;
    const bool is_counter = family.type == MetricType::counter;
    data += written([&](ProtobufWriter& out) {
      if (is_counter || family.type == MetricType::histogram) out.varint(2, kCumulative);
      if (is_counter) out.varint(3, 1);
    });
    std::string metric = written([&](ProtobufWriter& out) {
      out.text(1, family.name);
      out.text(2, family.help.substr(0, 1024));
    });
    append_nested(metric, data_field(family.type), data);
    append_nested(metrics_, 2, metric);
  }

  std::string point(MetricType type, const Metric& metric) const {
    if (type == MetricType::histogram) return histogram_point(metric);
    if (type == MetricType::summary) return summary_point(metric);
    return std::isfinite(metric.value) ? number_point(metric, type == MetricType::counter) : std::string();
  }
  std::string number_point(const Metric& metric, bool is_counter) const {
    return written([&](ProtobufWriter& out) {
      if (is_counter) out.fixed64(2, start_);
      out.fixed64(3, now_);
      out.float64(4, metric.value);
      if (metric.exemplar) exemplar(out, 5, *metric.exemplar);
      attributes(out, 7, metric.labels);
    });
  }
  // Its buckets are not cumulative, and the last one has no bound.
  std::string histogram_point(const Metric& metric) const {
    std::string counts;
    std::string bounds;
    std::uint64_t before = 0;
    for (const stats::Bucket& bucket : metric.buckets) {
      append_fixed(counts, bucket.count - std::min(before, bucket.count));
      before = bucket.count;
      if (!std::isinf(bucket.upper)) append_fixed(bounds, std::bit_cast<std::uint64_t>(bucket.upper));
    }
    return written([&](ProtobufWriter& out) {
      out.fixed64(2, start_);
      out.fixed64(3, now_);
      out.fixed64(4, metric.count);
      if (std::isfinite(metric.sum)) out.float64(5, metric.sum);
      out.bytes(6, counts);
      out.bytes(7, bounds);
      for (const stats::Bucket& bucket : metric.buckets) {
        if (bucket.exemplar) exemplar(out, 8, *bucket.exemplar);
      }
      attributes(out, 9, metric.labels);
    });
  }
  std::string summary_point(const Metric& metric) const {
    return written([&](ProtobufWriter& out) {
      out.fixed64(2, start_);
      out.fixed64(3, now_);
      out.fixed64(4, metric.count);
      out.float64(5, metric.sum);
      for (const auto& [quantile, value] : metric.quantiles) {
        const auto made = out.begin(6);
        out.float64(1, quantile);
        out.float64(2, value);
        out.end(made);
      }
      attributes(out, 7, metric.labels);
    });
  }

  void end_request() {
    points_ = 0;
    if (metrics_.empty()) return;
    std::string scope_metrics;
    append_nested(scope_metrics, 1, scope_);
    scope_metrics += metrics_;
    metrics_.clear();
    std::string resource_metrics;
    append_nested(resource_metrics, 1, resource_);
    append_nested(resource_metrics, 2, scope_metrics);
    append_nested(requests_.emplace_back(), 1, resource_metrics);
  }

  const std::uint64_t start_, now_;
  const std::size_t most_points_;
  std::string resource_, scope_;
  std::string metrics_;  // field 2 of ScopeMetrics, again and again
  std::size_t points_ = 0;
  std::vector<std::string> requests_;
};

}  // namespace

std::vector<std::string> otlp_metrics(std::span<const MetricFamily> families, const OtlpContext& context,
                                      std::size_t most_points) {
  Encoder encoder(context, most_points);
  for (const MetricFamily& family : families) encoder.add(family);
  return encoder.take();
}

}  // namespace outrigger::adapters
