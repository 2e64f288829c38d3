#pragma once

#include <expected>
#include <string>
#include <string_view>
#include <vector>

#include "filters/values.h"

namespace outrigger::filters {

// Text with values in it: "https://${host}${path}". Variables are the names of values.def, `${header:NAME}` and, where
// a regular expression matched, `${1}` to `${9}`. `$${` stands for `${`; any other `$` is itself. Upper-case names are
// not ours: the loader replaces `${NAME}` by the environment before a filter sees the text.
// Parsed once, while the configuration is read. Thread: any.
class Template {
 public:
  struct Rules {
    Known known = Known::request;
    bool has_captures = false;
  };
  // A value as it is, or with every byte percent-encoded that may not stand in a URL (values of kind `url` may).
  enum class Encoding : std::uint8_t { none, url };

  Template() = default;
  // The error is a sentence for the operator.
  static std::expected<Template, std::string> parse(std::string_view text, Rules rules);
  // For `FieldBuilder::check_text`: the error of parse(), or what makes the fixed part no field value.
  static std::string check(const std::string& text, Rules rules);

  // The text at this moment, control characters of values turned into blanks. A view that lives as long as the
  // exchange. Cost: one copy into the arena, none for a single variable or fixed text.
  std::string_view render(const Moment& moment, Arena& arena, Encoding encoding = Encoding::none) const;

  bool is_fixed() const;
  // At least one variable, and all of them are empty: there is nothing to say.
  bool is_absent(const Moment& moment) const;

  // Fixed text, or a variable.
  struct Part {
    std::string text;  // fixed text, or the argument of the variable
    Value value{};
    bool is_variable = false;
  };
  const std::vector<Part>& parts() const { return parts_; }

 private:
  static constexpr std::size_t kMaxParts = 32;
  std::vector<Part> parts_;
};

}  // namespace outrigger::filters
