#include "config/parser.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "base/secret.h"
#include "config/scalar.h"

namespace outrigger::config {
namespace {

std::string join(const std::string& path, const std::string& key) { return path.empty() ? key : path + "." + key; }

std::vector<std::string> names_of(const StructSchema& schema) {
  std::vector<std::string> names;
  for (const Field& field : schema.fields) names.push_back(field.name);
  return names;
}

}  // namespace

void Parser::parse(const StructSchema& schema, const Node& node, void* object, const std::string& path) {
  const int before = report_.errors();
  if (schema.mark) *schema.mark(object) = node.mark;
  if (node.is == Node::Is::map || node.is == Node::Is::null) {
    parse_fields(schema, node, object, path);
  } else if (const Field* field = schema.shorthand.empty() ? nullptr : schema.find(schema.shorthand)) {
    const std::string inner = join(path, field->name);
    origins_[inner] = node.mark;
    value(node, {*field, *field->type, field->slot(object), inner});
  } else {
    report_.error(node.mark, path, "expected a mapping, found " + std::string(name_of(node.is)));
  }
  if (report_.errors() != before) return;
  for (const auto& check : schema.checks) {
    const std::string problem = check(object);
    if (!problem.empty()) report_.error(node.mark, path, problem);
  }
}

void Parser::parse_fields(const StructSchema& schema, const Node& node, void* object, const std::string& path) {
  for (const NodeEntry& entry : node.entries) {
    const Field* field = schema.find(entry.key);
    if (field == nullptr) {
      unknown_key(schema, entry, path);
      continue;
    }
    const std::string inner = join(path, field->name);
    origins_[inner] = entry.value.mark;
    value(entry.value, {*field, *field->type, field->slot(object), inner});
  }
  for (const Field& field : schema.fields) {
    if (field.required && node.find(field.name) == nullptr) {
      report_.error(node.mark, path, "missing key \"" + field.name + "\"");
    }
  }
}

void Parser::unknown_key(const StructSchema& schema, const NodeEntry& entry, const std::string& path) {
  const std::vector<std::string> names = names_of(schema);
  std::string hint = did_you_mean(entry.key, names);
  if (hint.empty() && names.empty()) hint = ": no keys are known here";
  if (hint.empty()) hint = ", known are " + quoted_list(names);
  report_.error(entry.mark, path, "unknown key \"" + entry.key + "\"" + hint);
}

void Parser::value(const Node& node, const At& at) {
  switch (at.type.kind) {
    case Kind::optional: {
      const Kind kind = at.type.element->kind;
      if (node.is == Node::Is::null && kind != Kind::structure && kind != Kind::filter) return mismatch(node, at);
      void* inner = at.type.insert(at.slot, {});
      return value(node, {at.field, *at.type.element, inner, at.path});
    }
    case Kind::list:
      return list(node, at);
    case Kind::map:
      return map(node, at);
    case Kind::structure:
      return parse(at.type.structure(), node, at.slot, at.path);
    case Kind::filter:
      return filter(at.field.name, node, *static_cast<FilterSpec*>(at.slot), at.path);
    case Kind::filters:
      return filters(node, *static_cast<std::vector<FilterSpec>*>(at.slot), at.path);
    case Kind::adapters:
      return adapters(node, at.field.name, *static_cast<std::vector<AdapterSpec>*>(at.slot), at.path);
    default:
      return leaf(node, at);
  }
}

void Parser::mismatch(const Node& node, const At& at) {
  report_.error(node.mark, at.path, "expected " + describe_type(at.type) + ", found " + std::string(name_of(node.is)));
}

void Parser::list(const Node& node, const At& at) {
  if (node.is != Node::Is::list) {
    if (!at.field.one_or_many || node.is == Node::Is::null) return mismatch(node, at);
    at.type.clear(at.slot);
    return value(node, {at.field, *at.type.element, at.type.insert(at.slot, {}), at.path + "[0]"});
  }
  at.type.clear(at.slot);
  std::set<std::string> keys;
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    const std::string inner = at.path + "[" + std::to_string(i) + "]";
    origins_[inner] = node.items[i].mark;
    value(node.items[i], {at.field, *at.type.element, at.type.insert(at.slot, {}), inner});
    if (at.type.kind == Kind::map) keyed_item(node.items[i], at, inner, keys);
  }
}

// An element of a mapping written as a list: its key must be new, and its origins are also known under the key.
void Parser::keyed_item(const Node& node, const At& at, const std::string& path, std::set<std::string>& keys) {
  std::string key;
  at.type.visit(at.slot, [&](const std::string& name, const void*) { key = name; });  // the last one is ours
  if (key.empty()) return;                                                            // reported by the struct's check
  if (!keys.insert(key).second) report_.error(node.mark, path, "\"" + key + "\" stands twice in this list");
  Origins under_key;
  for (auto at_path = origins_.lower_bound(path); at_path != origins_.end(); ++at_path) {
    if (!at_path->first.starts_with(path)) break;
    under_key[join(at.path, key) + at_path->first.substr(path.size())] = at_path->second;
  }
  origins_.merge(under_key);
}

void Parser::map(const Node& node, const At& at) {
  if (node.is == Node::Is::list && at.field.list_too) return list(node, at);
  if (node.is != Node::Is::map) return mismatch(node, at);
  at.type.clear(at.slot);
  for (const NodeEntry& entry : node.entries) {
    const std::string inner = join(at.path, entry.key);
    origins_[inner] = entry.value.mark;
    value(entry.value, {at.field, *at.type.element, at.type.insert(at.slot, entry.key), inner});
  }
}

void Parser::leaf(const Node& node, const At& at) {
  if (node.is != Node::Is::scalar) return mismatch(node, at);
  if (node.broken) return;
  auto parsed = parse_scalar(at.type, node);
  if (!parsed) return report_.error(node.mark, at.path, parsed.error());
  const Field& field = at.field;
  const bool low = field.least.index() == parsed->index() && compare(*parsed, field.least) < 0;
  const bool high = field.most.index() == parsed->index() && compare(*parsed, field.most) > 0;
  if ((low || high) && field.least.index() != 0) {
    return report_.error(node.mark, at.path,
                         node.text + " is out of range: " + format_scalar(at.type, field.least) + " to " +
                             format_scalar(at.type, field.most));
  }
  if (const auto* text = std::get_if<std::string>(&*parsed)) text_rules(field, *text, node.mark, at.path);
  at.type.store(at.slot, *parsed);
}

void Parser::text_rules(const Field& field, const std::string& text, const Mark& mark, const std::string& path) {
  if (field.secret && !base::is_secret_reference(text)) {
    return report_.error(mark, path, "a secret must not stand in the file: write file:/path or env:NAME");
  }
  if (field.file || (field.secret && text.starts_with("file:"))) file_rule(text, mark, path);
  if (field.secret && text.starts_with("env:")) {
    const auto secret = base::resolve_secret(text);
    if (!secret) report_.error(mark, path, secret.error());
  }
  if (field.upstream) upstreams_.push_back({text, path, mark});
  if (field.check_text) {
    const std::string problem = field.check_text(text);
    if (!problem.empty()) report_.error(mark, path, problem);
  }
}

void Parser::file_rule(const std::string& text, const Mark& mark, const std::string& path) {
  if (text.empty() || text.starts_with("http://") || text.starts_with("https://") || text.starts_with("env:")) return;
  const std::string file = text.starts_with("file:") ? text.substr(5) : text;
  if (std::ranges::find(files_, file) == files_.end()) files_.push_back(file);
  if (access(file.c_str(), R_OK) != 0) report_.error(mark, path, "cannot read " + file + ": " + std::strerror(errno));
}

}  // namespace outrigger::config
