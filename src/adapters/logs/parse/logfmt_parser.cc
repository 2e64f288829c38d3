#include "adapters/logs/parse/logfmt_parser.h"

#include <utility>

#include "adapters/logs/parse/json_number.h"

namespace outrigger::adapters::logs {
namespace {

constexpr std::size_t kMostPairs = 256;

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool is_name(char c) { return !is_blank(c) && c != '=' && c != '"' && static_cast<unsigned char>(c) > 0x20; }

char unescaped(char c) {
  switch (c) {
    case 'n':
      return '\n';
    case 't':
      return '\t';
    case 'r':
      return '\r';
    default:
      return c;
  }
}

// The value behind an opening quotation mark; false: it has no end.
bool take_quoted(std::string_view& text, std::string& value) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '"') {
      text.remove_prefix(i + 1);
      return true;
    }
    if (text[i] == '\\' && i + 1 < text.size()) {
      value += unescaped(text[++i]);
    } else {
      value += text[i];
    }
  }
  return false;
}

bool take_value(std::string_view& text, Field& field) {
  if (text.starts_with('"')) {
    text.remove_prefix(1);
    return take_quoted(text, field.value) && (text.empty() || is_blank(text[0]));
  }
  std::size_t end = 0;
  while (end < text.size() && !is_blank(text[end])) ++end;
  field.value = text.substr(0, end);
  text.remove_prefix(end);
  if (is_json_number(field.value) || field.value == "true" || field.value == "false") field.kind = Field::Kind::json;
  return true;
}

}  // namespace

bool LogfmtParser::parse(std::string_view text, Record& record) const {
  const std::size_t before = record.fields.size();
  bool has_pair = false;
  const auto give_up = [&] {
    record.fields.resize(before);
    return false;
  };
  for (;;) {
    while (!text.empty() && is_blank(text[0])) text.remove_prefix(1);
    if (text.empty()) break;
    std::size_t end = 0;
    while (end < text.size() && is_name(text[end])) ++end;
    if (end == 0 || record.fields.size() - before >= kMostPairs) return give_up();
    Field field;
    field.name = text.substr(0, end);
    text.remove_prefix(end);
    if (text.starts_with('=')) {
      has_pair = true;
      text.remove_prefix(1);
      if (!take_value(text, field)) return give_up();
    } else if (text.empty() || is_blank(text[0])) {
      field.value = "true";
      field.kind = Field::Kind::json;
    } else {
      return give_up();
    }
    record.fields.push_back(std::move(field));
  }
  return has_pair || give_up();
}

}  // namespace outrigger::adapters::logs
