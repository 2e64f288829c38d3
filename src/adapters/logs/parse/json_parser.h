#pragma once

#include "adapters/logs/parse/line_parser.h"

namespace outrigger::adapters::logs {

// The members of a JSON object become fields, nested values as JSON. Refused are what base::parse_json refuses, and
// what is no object.
class JsonParser final : public LineParser {
 public:
  std::string_view name() const override { return "json"; }
  bool parse(std::string_view text, Record& record) const override;
};

}  // namespace outrigger::adapters::logs
