#include <algorithm>

#include "config/parser.h"
#include "config/scalar.h"

// The lists below `adapters:`.
namespace outrigger::config {
namespace {

bool tells(const AdapterDescriptor& type, std::string_view key) {
  return !key.empty() && std::ranges::find(type.tells, key) != type.tells.end();
}

}  // namespace

void Parser::adapters(const Node& node, const std::string& list, std::vector<AdapterSpec>& out,
                      const std::string& path) {
  out.clear();
  if (node.is != Node::Is::list) {
    return report_.error(node.mark, path,
                         "expected a list of adapters, each a mapping, found " + std::string(name_of(node.is)));
  }
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    adapter(node.items[i], list, out, path + "[" + std::to_string(i) + "]");
  }
}

void Parser::adapter(const Node& node, const std::string& list, std::vector<AdapterSpec>& out,
                     const std::string& path) {
  if (node.is != Node::Is::map) {
    return report_.error(node.mark, path, "expected a mapping, found " + std::string(name_of(node.is)));
  }
  for (const NodeEntry& entry : node.entries) {
    for (const AdapterDescriptor* type : catalog_.adapters) {
      if (type->list != list || !tells(*type, entry.key)) continue;
      const StructSchema& schema = type->schema();
      const std::shared_ptr<void> config = schema.make();
      parse(schema, node, config.get(), path);
      origins_[path] = node.mark;
      out.push_back(
          {type, config, std::string(type->name()) + ": " + format_flow(schema, config.get()), path, node.mark});
      return;
    }
  }
  unknown_adapter(node, list, path);
}

void Parser::unknown_adapter(const Node& node, const std::string& list, const std::string& path) {
  std::vector<std::string> keys;
  for (const AdapterDescriptor* type : catalog_.adapters) {
    if (type->list != list) continue;
    for (const std::string_view key : type->tells) {
      if (!key.empty()) keys.emplace_back(key);
    }
  }
  for (const NodeEntry& entry : node.entries) {
    const std::string hint = did_you_mean(entry.key, keys);
    if (!hint.empty()) return report_.error(entry.mark, path, "unknown adapter \"" + entry.key + "\"" + hint);
  }
  report_.error(node.mark, path, "does not say which adapter it is: it needs one of " + quoted_list(keys));
}

}  // namespace outrigger::config
