#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/findings.h"
#include "config/settings.h"

// From files to checked settings, and back to text. The only entrance to this folder besides settings.h.
// All functions may be called from any thread; they read files and the environment.
namespace outrigger::config {

enum class Severity : std::uint8_t { error, warning };

// One thing to tell the operator about the configuration.
struct Diagnostic {
  std::string file;         // as named to the loader
  int line = 0;             // from 1; 0: about the file as a whole
  int column = 0;           // from 1, in bytes
  std::string path;         // "upstreams.app.filters[1].retry"; empty at the top
  std::string message;      // one sentence, no final stop
  std::string source_line;  // that line as it stands in the file
  Severity severity = Severity::error;
};

struct LoadResult {
  std::optional<Settings> settings;     // absent exactly when there is an error among the diagnostics
  std::vector<Diagnostic> diagnostics;  // all errors and warnings, in file order
  // Every file that was read or asked for, and every include pattern, also when there are errors: a change of one of
  // them may change the result.
  std::vector<std::string> sources;
};

// Looks at what settings name outside of the configuration: certificates, ports. Called last; where errors were found
// before, the settings are as far as they could be read, and what it finds is told beside those.
using Inspect = std::function<void(const Settings&, const Findings&)>;

// Reads `path` and its includes. A file may have 4 MiB, 64 levels and 100,000 nodes after aliases are expanded.
// Never throws; never prints. `catalog` and what it points to outlive the settings.
LoadResult load_file(const std::string& path, FilterCatalog catalog, const Inspect& inspect = {});
// The same for text in memory; `name` stands in diagnostics, `include` is relative to the directory in `name`.
LoadResult load_text(std::string_view text, std::string name, FilterCatalog catalog, const Inspect& inspect = {});

// `file:line:col: path: message`, then the source line and a line with a caret. `color`: ANSI, for terminals.
std::string render(const Diagnostic& diagnostic, bool color);
// All of them on stderr, in colour where it has some.
void print(const std::vector<Diagnostic>& diagnostics);
// A JSON array of objects with the members of Diagnostic.
std::string to_json(const std::vector<Diagnostic>& diagnostics);

// JSON Schema 2020-12 of the whole file, for editors.
std::string json_schema(FilterCatalog catalog);
// The reference as Markdown: one table per block with key, type, default and meaning.
std::string reference_markdown(FilterCatalog catalog);
// What is in effect, as YAML that loads to the same settings: includes merged, chains expanded, every key written. A
// comment says where each value was set (`# outrigger.yaml:14`) or `# default`. Secrets appear as their reference.
std::string dump(const Settings& settings, FilterCatalog catalog);
// One filter of it: its name and every option, each with where it was set. Block YAML.
std::string dump_filter(const FilterSpec& filter, const Origins& origins);
// Where the value at `path` was set, "outrigger.yaml:14", or "default".
std::string origin_of(std::string_view path, const Origins& origins);

// The settings of an upstream without its filters as text in normal form: equal text, equal upstream.
std::string normal_form(const Upstream& upstream);
std::string normal_form(const Outlier& outlier);
std::string normal_form(const HealthCheck& check);

}  // namespace outrigger::config
