#include <algorithm>

#include "base/secret.h"
#include "base/url.h"
#include "outrigger/tracing.h"

namespace outrigger::config {
namespace {

bool is_credential(std::string name) {
  std::ranges::transform(name, name.begin(), [](char c) { return c >= 'A' && c <= 'Z' ? char(c + 32) : c; });
  return name == "authorization" || name.contains("key") || name.contains("token") || name.contains("secret");
}

std::string check_headers(const Exporter& exporter) {
  for (const auto& [name, value] : exporter.headers) {
    if (is_credential(name) && !base::is_secret_reference(value)) {
      return "headers." + name + " is a secret: write `file:/path` or `env:NAME`";
    }
  }
  return "";
}

}  // namespace

void describe(Schema<Exporter>& schema) {
  schema.summary("Who collects records, over HTTP.");
  schema.field("otlp", &Exporter::otlp, "A collector of OTLP/HTTP; a URL without a path gets /v1/traces or /v1/logs.")
      .check_text(base::check_url)
      .example("http://127.0.0.1:4318");
  schema.field("zipkin", &Exporter::zipkin, "A collector of Zipkin v2; a URL without a path gets /api/v2/spans.")
      .check_text(base::check_url)
      .example("http://127.0.0.1:9411");
  schema.field("encoding", &Exporter::encoding, "Of OTLP.")
      .values({{"protobuf", ExportEncoding::protobuf}, {"json", ExportEncoding::json}});
  schema
      .field(
          "headers", &Exporter::headers,
          "Fields of its requests. A value may be file:/path or env:NAME, and a secret one must; files are read again "
          "for each batch.")
      .example("{Authorization: \"file:/run/secrets/otlp\"}");
  schema.field("timeout", &Exporter::timeout, "For one batch, its answer included.")
      .range(std::chrono::milliseconds(10), std::chrono::minutes(1));
  schema.check([](const Exporter& exporter) -> std::string {
    if (exporter.otlp.empty() == exporter.zipkin.empty()) return "needs one of otlp and zipkin";
    return check_headers(exporter);
  });
}

void describe(Schema<Tracing>& schema) {
  schema.summary("What the filters `tracing` begin with; by itself it traces nothing.");
  describe_tracing_keys(schema);
  schema.field("service_name", &Tracing::service_name, "The resource's service.name.").example("shop");
  schema.field("attributes", &Tracing::attributes, "Further attributes of the resource.")
      .example("{deployment.environment.name: production}");
}

}  // namespace outrigger::config
