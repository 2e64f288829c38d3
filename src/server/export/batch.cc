#include "server/export/batch.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "base/otlp/collector_url.h"
#include "base/otlp/protobuf_writer.h"
#include "base/secret.h"

namespace outrigger::server {
namespace {

using nlohmann::json;

constexpr std::string_view kSchemaUrl = "https://opentelemetry.io/schemas/1.26.0";

bool is_json(ExportForm form) { return form != ExportForm::otlp_spans && form != ExportForm::otlp_logs; }
bool is_logs(ExportForm form) { return form == ExportForm::otlp_logs || form == ExportForm::otlp_json_logs; }

// A varint at the front, which is taken off.
std::uint64_t take_varint(std::string_view& text) {
  std::uint64_t value = 0;
  for (unsigned shift = 0; !text.empty() && shift < 64; shift += 7) {
    const auto byte = static_cast<unsigned char>(text.front());
    text.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7fU} << shift;
    if (byte < 0x80) break;
  }
  return value;
}

// How long the first record is; `text` holds whole ones.
std::size_t record_size(ExportForm form, std::string_view text) {
  if (is_json(form)) return std::min(text.find('\n'), text.size() - 1) + 1;
  std::string_view rest = text.substr(1);  // the tag
  const std::uint64_t size = take_varint(rest);
  return std::min<std::size_t>(text.size() - rest.size() + size, text.size());
}

void append(Batch& batch, ExportForm form, std::string_view record) {
  if (is_json(form)) {
    if (batch.count != 0) batch.records += ',';
    record.remove_suffix(1);
  }
  batch.records += record;
  ++batch.count;
}

// Field numbers: KeyValue and AnyValue of opentelemetry/proto/common/v1/common.proto.
std::string protobuf_attribute(std::string_view key, std::string_view text) {
  std::string value;
  std::string pair;
  base::append_nested(value, 1, text);
  base::append_nested(pair, 1, key);
  base::append_nested(pair, 2, value);
  return pair;
}

// ResourceSpans { resource = 1, scope_spans = 2 { scope = 1, spans = 2, schema_url = 3 } } in
// ExportTraceServiceRequest.resource_spans = 1; the numbers of logs are the same.
std::string protobuf_request(const ExportTarget& target, std::string_view records) {
  std::string resource;
  base::append_nested(resource, 1, protobuf_attribute("service.name", target.service_name));
  for (const auto& [key, text] : target.attributes) base::append_nested(resource, 1, protobuf_attribute(key, text));
  std::string scope;
  base::append_nested(scope, 1, "outrigger");
  base::append_nested(scope, 2, OUTRIGGER_VERSION);
  std::string scoped;
  base::append_nested(scoped, 1, scope);
  scoped += records;
  base::append_nested(scoped, 3, kSchemaUrl);
  std::string of_resource;
  base::append_nested(of_resource, 1, resource);
  base::append_nested(of_resource, 2, scoped);
  std::string request;
  base::append_nested(request, 1, of_resource);
  return request;
}

std::string json_text(std::string_view text) { return json(text).dump(-1, ' ', false, json::error_handler_t::replace); }

std::string json_attribute(std::string_view key, std::string_view text) {
  return R"({"key":)" + json_text(key) + R"(,"value":{"stringValue":)" + json_text(text) + "}}";
}

std::string json_request(const ExportTarget& target, std::string_view records) {
  std::string attributes = json_attribute("service.name", target.service_name);
  for (const auto& [key, text] : target.attributes) attributes += "," + json_attribute(key, text);
  std::string text = is_logs(target.form) ? R"({"resourceLogs":[{"resource":{"attributes":[)"
                                          : R"({"resourceSpans":[{"resource":{"attributes":[)";
  text += attributes + R"(]},)" + (is_logs(target.form) ? R"("scopeLogs")" : R"("scopeSpans")");
  text += R"(:[{"scope":{"name":"outrigger","version":")" OUTRIGGER_VERSION R"("},"schemaUrl":)" +
          json_text(kSchemaUrl) + (is_logs(target.form) ? R"(,"logRecords":[)" : R"(,"spans":[)");
  return text.append(records) + "]}]}]}";
}

std::string content_for(const ExportTarget& target, std::string_view records) {
  if (target.form == ExportForm::zipkin_spans) return "[" + std::string(records) + "]";
  return is_json(target.form) ? json_request(target, records) : protobuf_request(target, records);
}

std::string url_of(const ExportTarget& target) {
  if (target.form == ExportForm::zipkin_spans) return base::collector_url(target.url, "/api/v2/spans");
  return base::collector_url(target.url, is_logs(target.form) ? "/v1/logs" : "/v1/traces");
}

}  // namespace

Batch take_batch(ExportForm form, const std::vector<std::shared_ptr<base::LineLane>>& lanes) {
  Batch batch;
  for (const auto& lane : lanes) {
    for (std::string_view waiting = lane->peek(); !waiting.empty(); waiting = lane->peek()) {
      if (batch.count == kMaxBatchRecords || batch.records.size() >= kMaxBatchBytes) return batch;
      const std::size_t size = record_size(form, waiting);
      append(batch, form, waiting.substr(0, size));
      lane->consume(size);
    }
  }
  return batch;
}

std::expected<upstream::FetchRequest, std::string> request_for(const ExportTarget& target, std::string_view records) {
  upstream::FetchRequest request{.method = "POST", .url = url_of(target), .timeout = target.timeout};
  request.fields.emplace_back("Content-Type", is_json(target.form) ? "application/json" : "application/x-protobuf");
  for (const auto& [name, value] : target.headers) {
    if (!base::is_secret_reference(value)) {
      request.fields.emplace_back(name, value);
      continue;
    }
    auto secret = base::resolve_secret(value);
    if (!secret) return std::unexpected(secret.error());
    request.fields.emplace_back(name, std::move(*secret));
  }
  request.content = content_for(target, records);
  return request;
}

// ExportTraceServiceResponse { partial_success = 1 { rejected_spans = 1 } }, and the same of logs.
std::uint64_t rejected_records(ExportForm form, std::string_view content) {
  if (form == ExportForm::zipkin_spans || content.empty()) return 0;
  if (is_json(form)) {
    const json answer = json::parse(content, nullptr, false);
    const json partial = answer.is_object() ? answer.value("partialSuccess", json::object()) : json::object();
    const json rejected =
        partial.is_object() ? partial.value(is_logs(form) ? "rejectedLogRecords" : "rejectedSpans", json()) : json();
    if (rejected.is_number_unsigned()) return rejected.get<std::uint64_t>();
    return rejected.is_string() ? std::strtoull(rejected.get<std::string>().c_str(), nullptr, 10) : 0;
  }
  if (content.front() != '\x0a') return 0;
  content.remove_prefix(1);
  const std::uint64_t size = take_varint(content);
  content = content.substr(0, size);
  if (content.empty() || content.front() != '\x08') return 0;
  content.remove_prefix(1);
  return take_varint(content);
}

}  // namespace outrigger::server
