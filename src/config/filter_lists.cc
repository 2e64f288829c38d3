#include <algorithm>

#include "config/parser.h"
#include "config/scalar.h"

namespace outrigger::config {
namespace {
constexpr std::size_t kMaxExpanded = 10'000;  // filters from chains, over the whole file
}

void Parser::filters(const Node& node, std::vector<FilterSpec>& out, const std::string& path) {
  out.clear();
  if (node.is != Node::Is::list) {
    return report_.error(node.mark, path,
                         "expected a list of filters, each \"- name: {...}\", found " + std::string(name_of(node.is)));
  }
  for (std::size_t i = 0; i < node.items.size(); ++i) {
    filter_item(node.items[i], out, path + "[" + std::to_string(i) + "]");
  }
}

void Parser::filter_item(const Node& node, std::vector<FilterSpec>& out, const std::string& path) {
  static const Node kNothing{};
  const bool word = node.is == Node::Is::scalar;
  if (!word && (node.is != Node::Is::map || node.entries.empty())) {
    return report_.error(node.mark, path, "expected a filter, \"name: {...}\", found " + std::string(name_of(node.is)));
  }
  if (node.entries.size() > 1) {
    return report_.error(node.entries[1].mark, path,
                         "one filter per list item: put \"" + node.entries[1].key + "\" into its own \"- " +
                             node.entries[1].key + ": {...}\", or indent it if it is an option of \"" +
                             node.entries[0].key + "\"");
  }
  const std::string& name = word ? node.text : node.entries[0].key;
  const Node& options = word ? kNothing : node.entries[0].value;
  if (name == "use") return use_chain(options, out, path);
  Node placed = options;
  placed.mark = options.mark.line > 0 && options.is != Node::Is::null ? options.mark : node.mark;
  FilterSpec spec;
  filter(name, placed, spec, path + "." + name);
  if (spec.type == nullptr) return unknown_filter(name, word ? node.mark : node.entries[0].mark, path);
  spec.mark = node.mark;
  origins_[spec.path] = node.mark;
  out.push_back(std::move(spec));
}

// The options of the filter `name`; `out` stays empty when there is no such filter.
void Parser::filter(const std::string& name, const Node& options, FilterSpec& out, const std::string& path) {
  const auto found = std::ranges::find(catalog_, name, [](const FilterDescriptor* type) { return type->name; });
  if (found == catalog_.end()) return;
  const StructSchema& schema = (*found)->schema();
  const std::shared_ptr<void> config = schema.make();
  const int errors_before = report_.errors();
  parse(schema, options, config.get(), path);
  if ((*found)->load != nullptr && report_.errors() == errors_before) {
    auto files = (*found)->load(config.get());
    if (!files) report_.error(options.mark, path, files.error());
    out.files = files ? std::move(*files) : nullptr;
  }
  out.type = *found;
  out.config = config;
  out.fingerprint = name + ": " + format_flow(schema, config.get());
  out.path = path;
  out.mark = options.mark;
}

void Parser::use_chain(const Node& node, std::vector<FilterSpec>& out, const std::string& path) {
  std::vector<std::string> names;
  if (chains_ != nullptr) {
    for (const NodeEntry& entry : chains_->entries) names.push_back(entry.key);
  }
  const NodeEntry* chain = chains_ == nullptr ? nullptr : chains_->find(node.text);
  if (node.is != Node::Is::scalar || chain == nullptr) {
    return report_.error(node.mark, path, "unknown chain \"" + node.text + "\"" + did_you_mean(node.text, names));
  }
  if (std::ranges::find(open_chains_, node.text) != open_chains_.end()) {
    return report_.error(node.mark, path, "chain \"" + node.text + "\" uses itself");
  }
  expanded_ += chain->value.items.size() + 1;
  if (expanded_ > kMaxExpanded) return report_.error(node.mark, path, "more than 10000 filters by \"use\"");
  open_chains_.push_back(node.text);
  std::vector<FilterSpec> specs;
  filters(chain->value, specs, "chains." + node.text);
  open_chains_.pop_back();
  out.insert(out.end(), specs.begin(), specs.end());
}

void Parser::unknown_filter(const std::string& name, const Mark& mark, const std::string& path) {
  std::vector<std::string> names;
  for (const FilterDescriptor* type : catalog_) names.emplace_back(type->name);
  std::string hint = did_you_mean(name, names);
  if (hint.empty() && !names.empty()) hint = ", known are " + quoted_list(names);
  report_.error(mark, path, "unknown filter \"" + name + "\"" + hint);
}

}  // namespace outrigger::config
