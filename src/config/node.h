#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "outrigger/config.h"

namespace outrigger::config {

struct NodeEntry;

// One YAML value with its place. Aliases are already expanded: a tree, never a graph.
struct Node {
  enum class Is : std::uint8_t { null, scalar, list, map };

  Is is = Is::null;
  bool plain = false;              // a scalar without quotes
  bool broken = false;             // an error about it is already reported
  std::string text;                // scalar
  std::vector<Node> items;         // list
  std::vector<NodeEntry> entries;  // map, in file order, keys unique
  Mark mark;

  const NodeEntry* find(std::string_view key) const;
  NodeEntry* find(std::string_view key);
};

struct NodeEntry {
  std::string key;
  Mark mark;  // of the key
  Node value;
};

inline const NodeEntry* Node::find(std::string_view key) const {
  for (const NodeEntry& entry : entries) {
    if (entry.key == key) return &entry;
  }
  return nullptr;
}

inline NodeEntry* Node::find(std::string_view key) {
  return const_cast<NodeEntry*>(static_cast<const Node*>(this)->find(key));
}

// "a mapping", "a list", "a value", "nothing": for error texts.
inline std::string_view name_of(Node::Is is) {
  switch (is) {
    case Node::Is::null:
      return "nothing";
    case Node::Is::scalar:
      return "a single value";
    case Node::Is::list:
      return "a list";
    case Node::Is::map:
      return "a mapping";
  }
  return "nothing";
}

}  // namespace outrigger::config
