#include "filters/tracing/span.h"
#include "outrigger/export.h"

namespace outrigger::filters {
namespace {

SpanSink::Form form_of(const config::Exporter& exporter) {
  if (!exporter.zipkin.empty()) return SpanSink::Form::zipkin;
  return exporter.encoding == config::ExportEncoding::json ? SpanSink::Form::otlp_json : SpanSink::Form::otlp;
}

constexpr ExportForm kForms[] = {ExportForm::otlp_spans, ExportForm::otlp_json_spans, ExportForm::zipkin_spans};

// One after the other until a span fits.
constexpr SpanLimits kLimits[] = {{1024, 32}, {256, 8}, {64, 0}};

}  // namespace

std::unique_ptr<SpanSink> SpanSink::open(const config::Exporter& exporter, const config::Tracing* resource) {
  const config::Tracing defaults;
  const config::Tracing& from = resource == nullptr ? defaults : *resource;
  const Form form = form_of(exporter);
  const ExportTarget target{.form = kForms[static_cast<std::size_t>(form)],
                            .url = form == Form::zipkin ? exporter.zipkin : exporter.otlp,
                            .headers = exporter.headers,
                            .timeout = exporter.timeout,
                            .service_name = from.service_name,
                            .attributes = from.attributes};
  return std::make_unique<SpanSink>(form, from.service_name, open_export(target));
}

std::size_t SpanSink::write(const Span& span, SpanLimits limits, char* room) const {
  switch (form_) {
    case Form::otlp:
      return write_otlp_span(span, limits, room, LineLog::kMaxLine);
    case Form::otlp_json:
      return write_otlp_json_span(span, limits, room, LineLog::kMaxLine);
    case Form::zipkin:
      break;
  }
  return write_zipkin_span(span, limits, service_name_, room, LineLog::kMaxLine);
}

void SpanSink::write(const Span& span) noexcept {
  char* const room = log_->reserve();
  if (room == nullptr) return;
  for (const SpanLimits limits : kLimits) {
    if (const std::size_t size = write(span, limits, room)) return log_->commit(size);
  }
}

}  // namespace outrigger::filters
