#include "config/load.h"

#include "config/checks.h"
#include "config/describe.h"
#include "config/endpoint_lists.h"
#include "config/parser.h"
#include "config/reader.h"
#include "config/scalar.h"

namespace outrigger::config {
namespace {

void add_file(std::vector<std::string>& files, const std::string& file) {
  for (const std::string& known : files) {
    if (known == file) return;
  }
  files.push_back(file);
}

// `filters` absent: what every upstream has, if the catalog knows it. Marks stay empty: a default.
void default_filters(Upstream& upstream, FilterCatalog catalog) {
  if (upstream.filters) return;
  upstream.filters.emplace();
  for (const std::string_view name : {"retry", "circuit_breaker"}) {
    for (const FilterDescriptor* type : catalog) {
      if (type->name != name) continue;
      FilterSpec& spec = upstream.filters->emplace_back();
      const StructSchema& schema = type->schema();
      spec.type = type;
      spec.config = schema.make();
      spec.fingerprint = std::string(name) + ": " + format_flow(schema, spec.config.get());
      spec.path = "upstreams." + upstream.name + ".filters." + std::string(name);
    }
  }
}

// Names that logs and metrics need: a listener's address, a route's place.
void default_names(Settings& settings) {
  for (Listener& listener : settings.listeners) {
    if (listener.name.empty()) listener.name = listener.address;
    for (std::size_t i = 0; i < listener.routes.size(); ++i) {
      if (listener.routes[i].name.empty())
        listener.routes[i].name = listener.name + ".routes[" + std::to_string(i) + "]";
    }
  }
}

// The settings of a whole tree, includes merged. They are usable only when `report` has no error afterwards.
Settings settings_of(const Node& root, FilterCatalog catalog, Report& report, std::vector<std::string> files) {
  Settings settings;
  Parser parser(catalog, report);
  const NodeEntry* chains = root.find("chains");
  parser.set_chains(chains == nullptr ? nullptr : &chains->value);
  parser.parse(schema_of<Settings>(), root, &settings, "");
  check_settings(settings, parser, report);
  default_names(settings);
  for (Upstream& upstream : settings.upstreams) default_filters(upstream, catalog);
  for (const std::string& file : parser.files()) add_file(files, file);
  settings.files = std::move(files);
  settings.origins = std::make_shared<const Origins>(parser.origins());
  return settings;
}

}  // namespace

LoadResult load_text(std::string_view text, std::string name, FilterCatalog catalog, const Inspect& inspect) {
  LoadResult result;
  result.sources.push_back(name);
  Report report;
  if (auto root = read_yaml(text, name, report)) {
    substitute(*root, "", report);
    std::vector<std::string> files = {name};
    include_files(*root, name, report, files, result.sources);
    expand_endpoint_lists(*root, report, result.sources);
    Settings settings = settings_of(*root, catalog, report, std::move(files));
    for (const std::string& file : settings.files) add_file(result.sources, file);
    if (inspect) inspect(settings, Findings(*settings.origins, report));
    if (report.errors() == 0) result.settings = std::move(settings);
  }
  result.diagnostics = report.take();
  return result;
}

LoadResult load_file(const std::string& path, FilterCatalog catalog, const Inspect& inspect) {
  std::string problem;
  const auto text = read_text(path, kMaxFileBytes + 1, problem);
  if (text) return load_text(*text, path, catalog, inspect);
  LoadResult result;
  result.sources.push_back(path);
  Diagnostic& diagnostic = result.diagnostics.emplace_back();
  diagnostic.file = path;
  diagnostic.message = problem;
  return result;
}

}  // namespace outrigger::config
