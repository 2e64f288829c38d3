#include <cstdlib>

#include "config/reader.h"

namespace outrigger::config {
namespace {

bool is_name(std::string_view name) {
  if (name.empty() || (name[0] >= '0' && name[0] <= '9')) return false;
  for (const char c : name) {
    if (!((c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_')) return false;
  }
  return true;
}

struct Expansion {
  std::string text;
  std::vector<std::string> unset;
  bool changed = false;
};

// One `${...}` whose inside is `inside`; appends its value.
void expand_one(std::string_view inside, Expansion& out) {
  const std::size_t split = inside.find(":-");
  const std::string name(inside.substr(0, split));
  if (!is_name(name)) {
    out.text += "${" + std::string(inside) + "}";
    return;
  }
  out.changed = true;
  const char* value = std::getenv(name.c_str());
  if (split != std::string_view::npos) {  // as in the shell, `:-` also stands in for an empty value
    out.text += value != nullptr && *value != '\0' ? std::string_view(value) : inside.substr(split + 2);
  } else if (value != nullptr) {
    out.text += value;
  } else {
    out.unset.push_back(name);
  }
}

Expansion expand(std::string_view text) {
  Expansion out;
  while (!text.empty()) {
    const std::size_t open = text.find("${");
    const std::size_t close = open == std::string_view::npos ? open : text.find('}', open);
    if (close == std::string_view::npos) break;
    const std::string_view inside = text.substr(open + 2, close - open - 2);
    // A "${" that nothing closes does not swallow the next one.
    if (inside.contains("${") && !is_name(inside.substr(0, inside.find(":-")))) {
      out.text += text.substr(0, open + 2);
      text.remove_prefix(open + 2);
      continue;
    }
    const bool escaped = open > 0 && text[open - 1] == '$' && is_name(inside.substr(0, inside.find(":-")));
    out.text += text.substr(0, escaped ? open - 1 : open);
    if (escaped)
      out.text += text.substr(open, close + 1 - open);
    else
      expand_one(inside, out);
    out.changed = out.changed || escaped;
    text.remove_prefix(close + 1);
  }
  out.text += text;
  return out;
}

}  // namespace

bool begins_with_substitution(std::string_view text) {
  const std::size_t close = text.find('}');
  if (!text.starts_with("${") || close == std::string_view::npos) return false;
  const std::string_view inside = text.substr(2, close - 2);
  return is_name(inside.substr(0, inside.find(":-")));
}

void substitute(Node& node, const std::string& path, Report& report) {
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    substitute(node.items[i], path + "[" + std::to_string(i) + "]", report);
  }
  for (NodeEntry& entry : node.entries) {
    substitute(entry.value, path.empty() ? entry.key : path + "." + entry.key, report);
  }
  if (node.is != Node::Is::scalar || node.text.find("${") == std::string::npos) return;
  Expansion result = expand(node.text);
  for (const std::string& name : result.unset) {
    report.error(node.mark, path,
                 "environment variable " + name + " is not set (${" + name + ":-default} gives it a default)");
  }
  node.broken = !result.unset.empty();
  if (!result.changed) return;
  node.text = std::move(result.text);
  node.plain = true;  // "${PORT}" is usually quoted, and still means a number
}

}  // namespace outrigger::config
