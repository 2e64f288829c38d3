#pragma once

#include "adapters/logs/parse/line_parser.h"

namespace outrigger::adapters::logs {

// `level=info msg="It\"s up" took=1.5 ready`: pairs with a blank between them; values in quotation marks know \" \\ \n
// \t \r; a name alone is true; numbers, true and false stay what they are. A line without a single `=` is none of it,
// nor is one with an open quotation mark.
class LogfmtParser final : public LineParser {
 public:
  std::string_view name() const override { return "logfmt"; }
  bool parse(std::string_view text, Record& record) const override;
};

}  // namespace outrigger::adapters::logs
