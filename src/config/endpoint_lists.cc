#include "config/endpoint_lists.h"

#include <algorithm>
#include <cstdlib>
#include <optional>

#include "config/addresses.h"
#include "config/reader.h"

namespace outrigger::config {
namespace {

constexpr std::string_view kEnv = "env:";
constexpr std::string_view kFile = "file:";
constexpr std::string_view kSeparators = ", \t\r\n";

// The address in an entry of `endpoints:`, in either form; null if there is none.
const Node* address_of(const Node& item) {
  if (item.is == Node::Is::scalar) return &item;
  const NodeEntry* address = item.find("address");
  return address != nullptr && address->value.is == Node::Is::scalar ? &address->value : nullptr;
}

bool stands_for_many(const Node& item) {
  const Node* address = address_of(item);
  return address != nullptr && (address->text.starts_with(kEnv) || address->text.starts_with(kFile));
}

// `item`, and what `from` has beside its address where `item` says nothing about it.
Node with_keys_of(const Node& from, Node item) {
  if (item.is == Node::Is::scalar) {
    Node map;
    map.is = Node::Is::map;
    map.mark = item.mark;
    map.entries.push_back({"address", item.mark, std::move(item)});
    item = std::move(map);
  }
  for (const NodeEntry& entry : from.entries) {
    if (entry.key != "address" && item.find(entry.key) == nullptr) item.entries.push_back(entry);
  }
  return item;
}

class Expander {
 public:
  Expander(Report& report, std::vector<std::string>& sources) : report_(report), sources_(sources) {}

  void upstreams(Node& root) {
    NodeEntry* all = root.find("upstreams");
    if (all == nullptr || all->value.is != Node::Is::map) return;
    for (NodeEntry& upstream : all->value.entries) {
      const std::string path = "upstreams." + upstream.key;
      if (upstream.value.is != Node::Is::map) {
        endpoints(upstream.value, path);  // the short form
      } else if (NodeEntry* list = upstream.value.find("endpoints")) {
        endpoints(list->value, path + ".endpoints");
      }
    }
  }

 private:
  void endpoints(Node& list, const std::string& path) {
    if (list.is != Node::Is::list && !stands_for_many(list)) return;
    Node all;
    all.is = Node::Is::list;
    all.mark = list.mark;
    if (list.is != Node::Is::list) add(list, path, all.items);
    for (std::size_t i = 0; i < list.items.size(); ++i) {
      add(list.items[i], path + "[" + std::to_string(i) + "]", all.items);
    }
    list = std::move(all);
  }

  void add(const Node& item, const std::string& path, std::vector<Node>& out) {
    if (!stands_for_many(item)) return out.push_back(item);
    const Node& address = *address_of(item);
    std::vector<Node> found =
        address.text.starts_with(kFile) ? from_file(address, path) : from_environment(address, path);
    for (Node& each : found) {
      out.push_back(item.is == Node::Is::map ? with_keys_of(item, std::move(each)) : std::move(each));
    }
    if (!found.empty()) return;
    Node& broken = out.emplace_back();  // instead of a second error, that there is no endpoint
    broken.is = Node::Is::scalar;
    broken.broken = true;
    broken.mark = address.mark;
  }

  std::vector<Node> from_environment(const Node& at, const std::string& path) {
    const std::string name = at.text.substr(kEnv.size());
    const char* value = std::getenv(name.c_str());
    if (value == nullptr) return failed(at, path, "the environment has no " + (name.empty() ? "\"\"" : name));
    const std::string_view text = value;
    std::vector<Node> found;
    for (auto begin = text.find_first_not_of(kSeparators); begin != std::string_view::npos;) {
      const std::size_t end = std::min(text.find_first_of(kSeparators, begin), text.size());
      Node& node = found.emplace_back();
      node.is = Node::Is::scalar;
      node.text = text.substr(begin, end - begin);
      node.mark = at.mark;
      const std::string problem = check_endpoint(node.text);
      if (!problem.empty()) return failed(at, path, name + ": " + problem);
      begin = text.find_first_not_of(kSeparators, end);
    }
    if (found.empty()) return failed(at, path, name + " is empty: write host:port, separated by commas");
    return found;
  }

  std::vector<Node> from_file(const Node& at, const std::string& path) {
    const std::string name = at.text.substr(kFile.size());
    sources_.push_back(name);
    std::string problem;
    const auto text = read_regular_text(name, problem);
    if (!text) return failed(at, path, problem);
    auto node = read_yaml(*text, name, report_);
    if (!node) return {};
    if (node->items.empty() && node->entries.empty())
      return failed(at, path, name + " is empty: write a list of endpoints");
    if (node->is != Node::Is::list) {
      return failed(*node, path, "expected a list of endpoints, found " + std::string(name_of(node->is)));
    }
    substitute(*node, path, report_);
    const auto nested = std::ranges::find_if(node->items, stands_for_many);
    if (nested != node->items.end()) return failed(*nested, path, "a list of endpoints cannot name another one");
    return std::move(node->items);
  }

  std::vector<Node> failed(const Node& at, const std::string& path, std::string why) {
    report_.error(at.mark, path, std::move(why));
    return {};
  }

  Report& report_;
  std::vector<std::string>& sources_;
};

}  // namespace

void expand_endpoint_lists(Node& root, Report& report, std::vector<std::string>& sources) {
  if (root.is == Node::Is::map) Expander(report, sources).upstreams(root);
}

}  // namespace outrigger::config
