#include "adapters/prometheus/prometheus.h"

#include "adapters/metric_name.h"
#include "adapters/prometheus/text_parser.h"

namespace outrigger::adapters {
namespace {

constexpr const char* kAccept =
    "application/openmetrics-text;version=1.0.0;q=0.8,text/plain;version=0.0.4;q=0.7,*/*;q=0.1";

std::unique_ptr<Adapter> make(const void* options, AdapterContext& context) {
  return std::make_unique<Prometheus>(*static_cast<const PrometheusOptions*>(options), context);
}

std::expected<std::shared_ptr<void>, std::string> open(const void* data, OpenContext&) {
  const auto& options = *static_cast<const PrometheusOptions*>(data);
  auto settings = scrape_settings("prometheus", options.prometheus, options);
  if (!settings) return std::unexpected(settings.error());
  settings->accept = kAccept;
  return std::make_shared<ScrapeSettings>(std::move(*settings));
}

}  // namespace

void describe(config::Schema<PrometheusOptions>& schema) {
  schema.summary("Puts the metrics of a page in Prometheus' or OpenMetrics' format onto ours.");
  schema.field("prometheus", &PrometheusOptions::prometheus, "The page.")
      .required()
      .example("http://127.0.0.1:8080/metrics");
  schema.field("prefix", &PrometheusOptions::prefix, "In front of a name that is on the page already.")
      .check_text([](const std::string& text) {
        return is_metric_name(text) ? "" : "\"" + text + "\" cannot begin the name of a metric";
      });
  describe_scrape(schema);
  schema.check([](const PrometheusOptions& options) { return check_scrape(options.prometheus, options); });
}

Prometheus::Prometheus(const PrometheusOptions& options, AdapterContext& context)
    : options_(options),
      loop_(context.services.loop),
      metrics_(context.services.metrics.source(
          {"prometheus", shown(options.prometheus), options.prefix, options.series, std::string(context.fingerprint)})),
      scraper_(context.services, *std::static_pointer_cast<ScrapeSettings>(context.opened), metrics_,
               [this](const std::string& content) { return use(content); }) {}

std::string Prometheus::use(const std::string& content) {
  auto families = parse_metrics(content);
  if (!families) return families.error();
  for (stats::MetricFamily& family : *families) {
    if (family.help.empty()) family.help = "A metric of the service.";
    add_labels(family, options_.labels);
  }
  metrics_->replace(std::move(*families), loop_.now());
  return "";
}

const AdapterType kPrometheusType = {
    {"metrics", {"prometheus"}, "Metrics of a Prometheus page.", &config::schema_of<PrometheusOptions>}, make, open};

}  // namespace outrigger::adapters
