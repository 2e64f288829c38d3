#include "filters/path_forms.h"

#include <algorithm>

#include "base/hex.h"
#include "outrigger/headers.h"

namespace outrigger::filters {
namespace {

using base::hex_value;

// One layer of percent-encoding, also in place; a backslash is a slash to some, and NUL the end to others. The new end.
char* decode_once(std::string_view path, char* out) {
  for (std::size_t i = 0; i < path.size(); ++i) {
    char c = path[i];
    if (c == '%' && i + 2 < path.size() && hex_value(path[i + 1]) >= 0 && hex_value(path[i + 2]) >= 0) {
      c = static_cast<char>(hex_value(path[i + 1]) * 16 + hex_value(path[i + 2]));
      i += 2;
    }
    if (c == '\0') break;
    *out++ = c == '\\' ? '/' : c;
  }
  return out;
}

// Three layers: no service takes off more.
char* decode(std::string_view path, char* begin) {
  char* end = decode_once(path, begin);
  for (int i = 0; i < 2; ++i) {
    const std::string_view decoded(begin, static_cast<std::size_t>(end - begin));
    if (!decoded.contains('%')) break;
    end = decode_once(decoded, begin);
  }
  return end;
}

// Without what many services take for blanks and cut off: control characters, next line and no-break space, the last
// two as they stand in UTF-8 and in Latin-1.
std::string_view without_blanks(std::string_view segment) {
  const auto at = [&segment](std::size_t back) {
    return segment.size() < back ? 0 : static_cast<unsigned char>(segment[segment.size() - back]);
  };
  while (!segment.empty()) {
    const unsigned last = at(1);
    const bool is_wide = last == 0x85 || last == 0xa0;
    if (is_wide && at(2) == 0xc2) segment.remove_suffix(1);
    const bool is_blank = last <= 0x20 || last == 0x7f || (is_wide && (at(1) == 0xc2 || at(2) < 0x80));
    if (!is_blank) break;
    segment.remove_suffix(1);
  }
  return segment;
}

// In place, over a path that begins with "/"; the new end.
char* simplify(char* begin, const char* end) {
  char* out = begin;
  for (const char* at = begin; at != end;) {  // at a "/"
    const char* const next = std::find(at + 1, end, '/');
    const char* const stop = std::find(at + 1, next, ';');
    const std::string_view segment = without_blanks({at + 1, static_cast<std::size_t>(stop - at - 1)});
    if (segment == "..") {
      while (out != begin && *--out != '/') {
      }
    } else if (!segment.empty() && segment != ".") {
      *out++ = '/';
      out = std::ranges::copy(segment, out).out;
    }
    if (next == end && (segment.empty() || segment == "." || segment == "..")) *out++ = '/';
    at = next;
  }
  return out;
}

std::string check_path(const std::string& path) { return path.starts_with('/') ? "" : "a path begins with /"; }

std::string check_regex(const std::string& pattern) {
  const auto compiled = base::Regex::compile(pattern);
  return compiled ? "" : "is no regular expression: " + compiled.error();
}

}  // namespace

PathForms PathForms::of(std::string_view path, Arena& arena) {
  const bool is_plain = !path.contains('%') && !path.contains("//") && !path.contains(';') && !path.contains("/.") &&
                        !path.contains('\\');
  if (is_plain || !path.starts_with('/')) return {path, path};
  char* const begin = arena.array<char>(path.size() + 1);
  const char* const end = simplify(begin, decode(path, begin));
  return {path, {begin, static_cast<std::size_t>(end - begin)}};
}

void describe(config::Schema<PathCondition>& schema) {
  schema.summary("A condition on the path, without the query. `/path` is short for `prefix`.");
  schema.shorthand("prefix");
  schema.field("prefix", &PathCondition::prefix, "Whole segments: /a matches /a and /a/b, not /ab.")
      .check_text(check_path);
  schema.field("exact", &PathCondition::exact, "The path is this.").check_text(check_path);
  schema.field("regex", &PathCondition::regex, "The whole path matches (RE2).").check_text(check_regex);
  schema.check([](const PathCondition& path) -> std::string {
    const int set = path.exact.has_value() + path.prefix.has_value() + path.regex.has_value();
    return set == 1 ? "" : "needs one of prefix, exact and regex";
  });
}

PathRule::PathRule(const PathCondition& condition, Case letters) : condition_(condition), case_(letters) {
  const std::string flags = letters == Case::any ? "(?i)" : "";
  if (condition.regex) regex_ = base::Regex::compile(flags + *condition.regex).value();
  if (condition_.prefix && condition_.prefix->ends_with('/')) condition_.prefix->pop_back();
}

bool PathRule::matches(std::string_view path) const {
  if (regex_) return regex_->matches(path);
  if (condition_.exact) return is_same(path, *condition_.exact);
  const std::string& prefix = *condition_.prefix;
  return is_same(path.substr(0, prefix.size()), prefix) && (path.size() == prefix.size() || path[prefix.size()] == '/');
}

bool PathRule::is_same(std::string_view a, std::string_view b) const {
  return case_ == Case::any ? equals_ignoring_case(a, b) : a == b;
}

}  // namespace outrigger::filters
