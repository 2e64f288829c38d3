#include "config/reader.h"

#include <yaml-cpp/eventhandler.h>
#include <yaml-cpp/exceptions.h>
#include <yaml-cpp/parser.h>

#include <algorithm>
#include <sstream>

namespace outrigger::config {
namespace {

// Thrown through yaml-cpp, caught in read_yaml.
struct Refused {
  Mark mark;
  std::string message;
};

// Builds the tree from yaml-cpp's events. Its own tree has no marks on keys, hides duplicate keys, and shares aliases.
class TreeBuilder : public YAML::EventHandler {
 public:
  TreeBuilder(std::shared_ptr<const std::string> file, Report& report) : file_(std::move(file)), report_(report) {}

  void OnDocumentStart(const YAML::Mark&) override {}
  void OnDocumentEnd() override {}
  void OnNull(const YAML::Mark& mark, YAML::anchor_t anchor) override { leaf(node_at(mark), anchor); }
  void OnAlias(const YAML::Mark& mark, YAML::anchor_t anchor) override {
    const auto found = anchors_.find(anchor);
    if (found == anchors_.end()) throw Refused{place(mark), "an alias inside the value it stands for"};
    count(found->second.nodes, place(mark));
    if (stack_.size() + found->second.depth > kMaxDepth) throw too_deep(place(mark));
    add(found->second.node);
  }
  void OnScalar(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                const std::string& value) override {
    Node node = node_at(mark);
    node.plain = tag == "?";
    node.is = node.plain && (value == "~" || value == "null" || value == "Null" || value == "NULL") ? Node::Is::null
                                                                                                    : Node::Is::scalar;
    node.text = value;
    check_tag(tag, node.mark);
    leaf(std::move(node), anchor);
  }
  void OnSequenceStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                       YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Node::Is::list);
  }
  void OnSequenceEnd() override { close(); }
  void OnMapStart(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor,
                  YAML::EmitterStyle::value) override {
    open(mark, tag, anchor, Node::Is::map);
  }
  void OnMapEnd() override { close(); }

  Node take() { return std::move(root_); }

 private:
  struct Open {
    Node node;
    YAML::anchor_t anchor = 0;
    std::size_t first = 0;  // nodes counted when it began
    std::size_t depth = 1;  // levels inside, itself included
    bool has_key = false;   // map: `key` waits for its value
    NodeEntry key;
    std::map<std::string, int> lines;  // map: of the keys so far
  };
  struct Anchored {
    Node node;
    std::size_t nodes = 1;
    std::size_t depth = 0;
  };

  Mark place(const YAML::Mark& mark) const { return {file_, mark.line + 1, mark.column + 1}; }
  static Refused too_deep(Mark mark) {
    return {std::move(mark), "nested more than " + std::to_string(kMaxDepth) + " levels deep"};
  }
  void count(std::size_t more, const Mark& mark) {
    if (more > kMaxNodes - nodes_) throw Refused{mark, "more than 100000 values, aliases expanded"};
    nodes_ += more;
  }
  Node node_at(const YAML::Mark& mark) {
    Node node;
    node.mark = place(mark);
    count(1, node.mark);
    return node;
  }
  static void check_tag(const std::string& tag, const Mark& mark) {
    if (!tag.empty() && tag != "?" && tag != "!") throw Refused{mark, "tags (" + tag + ") are not supported"};
  }
  void leaf(Node node, YAML::anchor_t anchor) {
    if (anchor != YAML::NullAnchor) anchors_[anchor] = {node, 1, 0};
    add(std::move(node));
  }
  void open(const YAML::Mark& mark, const std::string& tag, YAML::anchor_t anchor, Node::Is is) {
    Open next;
    next.first = nodes_;
    next.node = node_at(mark);
    next.node.is = is;
    next.anchor = anchor;
    check_tag(tag, next.node.mark);
    if (stack_.size() >= kMaxDepth) throw too_deep(next.node.mark);
    stack_.push_back(std::move(next));
  }
  void close() {
    Open done = std::move(stack_.back());
    stack_.pop_back();
    if (!stack_.empty()) stack_.back().depth = std::max(stack_.back().depth, done.depth + 1);
    if (done.anchor != YAML::NullAnchor) anchors_[done.anchor] = {done.node, nodes_ - done.first, done.depth};
    add(std::move(done.node));
  }
  void add(Node node) {
    if (stack_.empty()) {
      root_ = std::move(node);
      return;
    }
    Open& parent = stack_.back();
    if (parent.node.is == Node::Is::list) {
      parent.node.items.push_back(std::move(node));
    } else if (!parent.has_key) {
      add_key(parent, node);
    } else {
      parent.key.value = std::move(node);
      parent.node.entries.push_back(std::move(parent.key));
      parent.key = {};
      parent.has_key = false;
    }
  }
  void add_key(Open& parent, const Node& node) {
    if (node.is != Node::Is::scalar) throw Refused{node.mark, "a key must be a plain word"};
    const auto [first, fresh] = parent.lines.try_emplace(node.text, node.mark.line);
    if (!fresh) {
      report_.error(node.mark, "",
                    "duplicate key \"" + node.text + "\" (first on line " + std::to_string(first->second) + ")");
    }
    parent.key.key = node.text;
    parent.key.mark = node.mark;
    parent.has_key = true;
  }

  std::shared_ptr<const std::string> file_;
  Report& report_;
  std::vector<Open> stack_;
  std::map<YAML::anchor_t, Anchored> anchors_;
  std::size_t nodes_ = 0;
  Node root_;
};

}  // namespace

std::optional<Node> read_yaml(std::string_view text, const std::string& name, Report& report) {
  const auto file = std::make_shared<const std::string>(name);
  report.add_source(name, std::string(text));
  if (text.size() > kMaxFileBytes) {
    report.error({file, 0, 0}, "", "the file is larger than 4 MiB");
    return std::nullopt;
  }
  if (text.find('\0') != std::string_view::npos) {
    report.error({file, 0, 0}, "", "the file has NUL bytes: it is no YAML");
    return std::nullopt;
  }
  try {
    std::istringstream in{std::string(text)};
    YAML::Parser parser(in);
    TreeBuilder builder(file, report);
    if (!parser.HandleNextDocument(builder)) {
      Node empty;
      empty.is = Node::Is::map;
      empty.mark = {file, 1, 1};
      return empty;
    }
    Node root = builder.take();
    TreeBuilder second(file, report);
    if (parser.HandleNextDocument(second)) {
      report.error({file, 0, 0}, "", "more than one YAML document: only one is read");
      return std::nullopt;
    }
    if (root.is == Node::Is::null) root.is = Node::Is::map;
    return root;
  } catch (const Refused& refused) {
    report.error(refused.mark, "", refused.message);
  } catch (const YAML::Exception& problem) {
    report.error({file, problem.mark.line + 1, problem.mark.column + 1}, "", "not valid YAML: " + problem.msg);
  } catch (const std::exception& problem) {
    report.error({file, 0, 0}, "", std::string("not valid YAML: ") + problem.what());
  }
  return std::nullopt;
}

}  // namespace outrigger::config
