#include "adapters/json/json.h"

#include "adapters/metric_name.h"

namespace outrigger::adapters {
namespace {

std::unique_ptr<Adapter> make(const void* options, AdapterContext& context) {
  return std::make_unique<JsonPage>(*static_cast<const JsonOptions*>(options), context);
}

std::expected<std::shared_ptr<void>, std::string> open(const void* data, OpenContext&) {
  const auto& options = *static_cast<const JsonOptions*>(data);
  auto settings = scrape_settings("json", options.json, options);
  if (!settings) return std::unexpected(settings.error());
  settings->accept = "application/json, */*;q=0.1";
  return std::make_shared<ScrapeSettings>(std::move(*settings));
}

}  // namespace

void describe(config::Schema<JsonOptions>& schema) {
  schema.summary("Makes metrics of the numbers in a JSON page.");
  schema.field("json", &JsonOptions::json, "The page.").required().example("http://127.0.0.1:8080/status");
  schema.field("prefix", &JsonOptions::prefix, "In front of every name.").example("legacy_");
  schema.field("pick", &JsonOptions::pick, "Metrics and where they are; absent: every number in the document.")
      .example("{queue: $.q.len}");
  describe_scrape(schema);
  schema.check([](const JsonOptions& options) -> std::string {
    if (!options.prefix.empty() && !is_metric_name(options.prefix)) {
      return "\"" + options.prefix + "\" cannot begin the name of a metric";
    }
    for (const auto& [name, pick] : options.pick) {
      if (!is_metric_name(options.prefix + name)) return "\"" + options.prefix + name + "\" is no name of a metric";
    }
    return check_scrape(options.json, options);
  });
}

JsonPage::JsonPage(const JsonOptions& options, AdapterContext& context)
    : options_(options),
      loop_(context.services.loop),
      metrics_(context.services.metrics.source(
          {"json", shown(options.json), "json_", options.series, std::string(context.fingerprint)})),
      scraper_(context.services, *std::static_pointer_cast<ScrapeSettings>(context.opened), metrics_,
               [this](const std::string& content) { return use(content); }) {}

std::string JsonPage::use(const std::string& content) {
  const auto document = base::parse_json(content);
  if (!document) return document.error();
  std::vector<stats::MetricFamily> families;
  if (options_.pick.empty()) families = all_numbers(*document, options_.prefix);
  std::size_t refused = 0;
  for (const auto& [name, pick] : options_.pick) {
    families.push_back(picked(*document, options_.prefix + name, pick, refused));
  }
  while (refused-- > 0) metrics_->count(Refusal::value);
  for (stats::MetricFamily& family : families) add_labels(family, options_.labels);
  metrics_->replace(std::move(families), loop_.now());
  return "";
}

const AdapterType kJsonType = {
    {"metrics", {"json"}, "Metrics of a JSON page.", &config::schema_of<JsonOptions>}, make, open};

}  // namespace outrigger::adapters
