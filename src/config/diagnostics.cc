#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <tuple>

#include "base/colour.h"
#include "config/json_text.h"
#include "config/report.h"

namespace outrigger::config {
namespace {

std::string line_of(const std::string& text, int line) {
  std::size_t at = 0;
  for (int i = 1; i < line; ++i) {
    at = text.find('\n', at);
    if (at == std::string::npos) return {};
    ++at;
  }
  std::string found = text.substr(at, std::min(text.find('\n', at) - at, std::size_t{500}));
  if (found.ends_with('\r')) found.pop_back();
  return found;
}

}  // namespace

void Report::add(const Mark& mark, std::string path, std::string message, Severity severity) {
  Diagnostic& diagnostic = diagnostics_.emplace_back();
  if (mark.file) diagnostic.file = *mark.file;
  diagnostic.line = mark.line;
  diagnostic.column = mark.column;
  diagnostic.path = std::move(path);
  diagnostic.message = std::move(message);
  diagnostic.severity = severity;
  const auto source = sources_.find(diagnostic.file);
  if (source != sources_.end() && mark.line > 0) diagnostic.source_line = line_of(source->second.text, mark.line);
}

bool Report::has_errors(std::string_view path) const {
  return std::ranges::any_of(diagnostics_, [path](const Diagnostic& d) {
    if (d.severity != Severity::error || !d.path.starts_with(path)) return false;
    return path.empty() || d.path.size() == path.size() || d.path[path.size()] == '.' || d.path[path.size()] == '[';
  });
}

std::size_t Report::order_of(const std::string& file) const {
  const auto source = sources_.find(file);
  return source == sources_.end() ? sources_.size() : source->second.order;
}

std::vector<Diagnostic> Report::take() {
  using Place = std::tuple<std::size_t, int, int, std::size_t>;  // the last: as reported
  std::vector<std::pair<Place, Diagnostic>> sorted;
  for (Diagnostic& d : diagnostics_) {
    const Place place{order_of(d.file), d.line, d.column, sorted.size()};
    sorted.emplace_back(place, std::move(d));
  }
  std::ranges::sort(sorted, {}, [](const auto& entry) { return entry.first; });
  diagnostics_.clear();
  for (auto& [place, d] : sorted) {
    const bool again = !diagnostics_.empty() && diagnostics_.back().line == d.line &&
                       diagnostics_.back().column == d.column && diagnostics_.back().message == d.message;
    if (!again) diagnostics_.push_back(std::move(d));
  }
  return std::move(diagnostics_);
}

std::string render(const Diagnostic& diagnostic, bool color) {
  const auto paint = [color](const char* code, const std::string& text) {
    return color ? "\x1b[" + std::string(code) + "m" + text + "\x1b[0m" : text;
  };
  std::string place = diagnostic.file;
  if (diagnostic.line > 0) place += ":" + std::to_string(diagnostic.line) + ":" + std::to_string(diagnostic.column);
  std::string text = place.empty() ? std::string() : paint("1", place) + ": ";
  if (diagnostic.severity == Severity::warning) text += paint("33", "warning") + ": ";
  if (!diagnostic.path.empty()) text += paint("36", diagnostic.path) + ": ";
  text += diagnostic.message + "\n";
  if (diagnostic.source_line.empty()) return text;
  // Tabs stay tabs in front of the caret, so that it stands under its column whatever their width.
  std::string indent = diagnostic.source_line.substr(0, static_cast<std::size_t>(std::max(0, diagnostic.column - 1)));
  std::ranges::replace_if(indent, [](char c) { return c != '\t'; }, ' ');
  text += "  " + diagnostic.source_line + "\n  " + indent + paint("32", "^") + "\n";
  return text;
}

void print(const std::vector<Diagnostic>& diagnostics) {
  const bool color = base::has_colour(STDERR_FILENO);
  for (const Diagnostic& diagnostic : diagnostics) std::fprintf(stderr, "%s\n", render(diagnostic, color).c_str());
}

std::string to_json(const std::vector<Diagnostic>& diagnostics) {
  std::string text = "[";
  for (const Diagnostic& d : diagnostics) {
    if (text.size() > 1) text += ",";
    text += "\n  {\"severity\": ";
    text += d.severity == Severity::error ? "\"error\"" : "\"warning\"";
    text += ", \"file\": " + json_text(d.file) + ", \"line\": " + std::to_string(d.line) +
            ", \"column\": " + std::to_string(d.column) + ", \"path\": " + json_text(d.path) +
            ", \"message\": " + json_text(d.message) + ", \"source_line\": " + json_text(d.source_line) + "}";
  }
  return text + (diagnostics.empty() ? "]\n" : "\n]\n");
}

std::string json_text(std::string_view text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (c == '\n') {
      out += "\\n";
    } else if (static_cast<unsigned char>(c) < 0x20) {
      std::array<char, 8> escape{};
      std::snprintf(escape.data(), escape.size(), "\\u%04x", static_cast<unsigned>(static_cast<unsigned char>(c)));
      out += escape.data();
    } else {
      out += c;
    }
  }
  return out + "\"";
}

}  // namespace outrigger::config
