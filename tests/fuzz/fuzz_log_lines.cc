#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "adapters/logs/lines/text.h"
#include "adapters/logs/output/otlp_record.h"
#include "adapters/logs/parse/grok.h"
#include "adapters/logs/parse/json_parser.h"
#include "adapters/logs/parse/logfmt_parser.h"
#include "adapters/logs/parse/pattern_parser.h"
#include "adapters/logs/transform/normalize.h"
#include "adapters/logs/transform/trace_context.h"
#include "base/json/json.h"

namespace {

using namespace outrigger;
using namespace outrigger::adapters::logs;

void require(bool holds) {
  if (!holds) std::abort();
}

const std::vector<std::unique_ptr<LineParser>>& parsers() {
  static const std::vector<std::unique_ptr<LineParser>> kParsers = [] {
    std::vector<std::unique_ptr<LineParser>> made;
    made.push_back(std::make_unique<JsonParser>());
    made.push_back(std::make_unique<LogfmtParser>());
    for (const std::string& name : grok_line_names()) made.push_back(PatternParser::grok(name, {}).value());
    return made;
  }();
  return kParsers;
}

}  // namespace

// The first byte chooses the parser. What it makes of a line is a record, and that is a line of JSON.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  if (auto repaired = repaired_utf8(text)) text = std::move(*repaired);
  require(valid_utf8(text) == text.size());
  static const Normalizer kNormalizer{NormalizeRule{}};
  Record record;
  record.line = text;
  record.source = "fuzz";
  const LineParser& parser = *parsers()[*data % parsers().size()];
  if (parser.parse(text, record)) {
    kNormalizer.apply(record);
  } else {
    require(record.fields.empty());
    record.message = text;
  }
  attach_trace_context(record);
  std::string line;
  append_json(record, line);
  require(line.ends_with('\n') && line.find('\n') == line.size() - 1);
  require(base::parse_json(line).has_value());
  append_otlp_record(record, line);
  return 0;
}
