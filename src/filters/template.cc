#include "filters/template.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/percent.h"
#include "base/suggest.h"
#include "outrigger/grammar.h"

namespace outrigger::filters {
namespace {

using Part = Template::Part;
using Parsed = std::expected<Part, std::string>;

constexpr std::string_view kHeader = "header:";

Parsed parse_header(std::string_view name) {
  if (!is_token(name)) return std::unexpected("\"" + std::string(name) + "\" is not the name of a header field");
  return Part{std::string(name), Value::header, true};
}

Parsed unknown(std::string_view name, Known known) {
  const std::vector<std::string> names = value_names(known);
  std::string hint = base::did_you_mean(name, names);
  if (hint.empty())
    hint = ", known are header:NAME, " + base::quoted_list(names) +
           " ($${ stands for a literal ${, for an upper-case word $$${)";
  return std::unexpected("unknown variable \"" + std::string(name) + "\"" + hint);
}

// What stands between "${" and "}".
Parsed parse_variable(std::string_view name, Template::Rules rules) {
  if (name.starts_with(kHeader)) return parse_header(name.substr(kHeader.size()));
  if (name.size() == 1 && name[0] >= '1' && name[0] <= '9') {
    if (rules.has_captures) return Part{std::string(name), Value::capture, true};
    return std::unexpected("${" + std::string(name) + "} needs a regular expression");
  }
  const auto value = value_of(name);
  if (!value) return unknown(name, rules.known);
  if (describe(*value).known > rules.known) {
    return std::unexpected("${" + std::string(name) + "} is not known yet at this place");
  }
  return Part{{}, *value, true};
}

std::string_view encoded(std::string_view text, Arena& arena) {
  char* const begin = arena.array<char>(text.size() * 3);
  const char* const end = base::percent_encode(text, begin);
  return {begin, static_cast<std::size_t>(end - begin)};
}

// Nothing that comes from outside may end a line of a head.
std::string_view without_controls(std::string_view text, Arena& arena) {
  if (is_field_value(text)) return text;
  char* const begin = arena.array<char>(text.size());
  std::ranges::transform(text, begin, [](char c) { return is_field_value({&c, 1}) ? c : ' '; });
  return {begin, text.size()};
}

std::string_view piece(const Part& part, const Moment& moment, Arena& arena, Template::Encoding encoding) {
  if (!part.is_variable) return part.text;
  Scratch scratch;
  const std::string_view text = without_controls(text_of(part.value, part.text, moment, scratch), arena);
  if (encoding == Template::Encoding::url && describe(part.value).kind != ValueKind::url) return encoded(text, arena);
  const bool is_made = text.data() >= scratch.data() && text.data() < scratch.data() + scratch.size();
  return is_made ? arena.copy(text) : text;
}

}  // namespace

std::expected<Template, std::string> Template::parse(std::string_view text, Rules rules) {
  Template made;
  std::string fixed;
  const auto end_fixed = [&] {
    if (!fixed.empty()) made.parts_.push_back({std::exchange(fixed, {}), {}, false});
  };
  while (!text.empty()) {
    if (text.starts_with("$${")) {
      fixed += "${";
      text.remove_prefix(3);
    } else if (text.starts_with("${")) {
      const auto close = text.find('}');
      if (close == std::string_view::npos) return std::unexpected("\"${\" without \"}\" ($${ stands for a literal ${)");
      auto part = parse_variable(text.substr(2, close - 2), rules);
      if (!part) return std::unexpected(part.error());
      end_fixed();
      made.parts_.push_back(std::move(*part));
      text.remove_prefix(close + 1);
    } else {
      fixed += text.front();
      text.remove_prefix(1);
    }
  }
  end_fixed();
  if (made.parts_.size() > kMaxParts) return std::unexpected("has more than 32 parts");
  return made;
}

std::string Template::check(const std::string& text, Rules rules) {
  if (!is_field_value(text)) return "has a control character";
  if (text.starts_with(' ') || text.ends_with(' ')) return "begins or ends with a blank";
  const auto parsed = parse(text, rules);
  return parsed ? "" : parsed.error();
}

bool Template::is_fixed() const { return parts_.empty() || (parts_.size() == 1 && !parts_.front().is_variable); }

bool Template::is_absent(const Moment& moment) const {
  if (is_fixed()) return false;
  Scratch scratch;
  for (const Part& part : parts_) {
    if (part.is_variable && !text_of(part.value, part.text, moment, scratch).empty()) return false;
  }
  return true;
}

std::string_view Template::render(const Moment& moment, Arena& arena, Encoding encoding) const {
  if (parts_.empty()) return {};
  if (parts_.size() == 1) return piece(parts_.front(), moment, arena, encoding);
  std::array<std::string_view, kMaxParts> pieces;
  std::size_t size = 0;
  for (std::size_t i = 0; i < parts_.size(); ++i) {
    pieces[i] = piece(parts_[i], moment, arena, encoding);
    size += pieces[i].size();
  }
  char* const begin = arena.array<char>(size);
  char* at = begin;
  for (std::size_t i = 0; i < parts_.size(); ++i) at = std::copy(pieces[i].begin(), pieces[i].end(), at);
  return {begin, size};
}

}  // namespace outrigger::filters
