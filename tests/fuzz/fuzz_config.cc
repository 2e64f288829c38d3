#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "config/load.h"
#include "server/catalog.h"

// Whatever the text, loading ends with settings or with errors, never with both or neither; what loads can be dumped,
// and every diagnostic can be shown.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace outrigger::config;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  if (text.find("include") != std::string_view::npos) return 0;  // would read whatever files it names
  const LoadResult result = load_text(text, "fuzz.yaml", outrigger::server::catalog());
  bool failed = false;
  for (const Diagnostic& diagnostic : result.diagnostics) {
    failed = failed || diagnostic.severity == Severity::error;
    if (render(diagnostic, true).empty()) std::abort();
  }
  if (to_json(result.diagnostics).empty() || failed == result.settings.has_value()) std::abort();
  if (!result.settings) return 0;
  if (!load_text(dump(*result.settings, {}), "dump.yaml", outrigger::server::catalog()).settings) std::abort();
  return 0;
}
