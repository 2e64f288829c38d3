#pragma once

#include <map>
#include <set>
#include <string>
#include <vector>

#include "config/node.h"
#include "config/report.h"

namespace outrigger::config {

// A name that must be an upstream of the file, for the check after everything is read.
struct UpstreamReference {
  std::string name;
  std::string path;
  Mark mark;
};

// Fills structs from the tree as their schemas say. Goes on after an error, so that all are reported at once; what it
// could not read keeps its default.
class Parser {
 public:
  Parser(FilterCatalog catalog, Report& report) : catalog_(catalog), report_(report) {}

  // `chains`: the node of the top-level `chains:`, null when absent; outlives the parser.
  void set_chains(const Node* chains) { chains_ = chains; }

  void parse(const StructSchema& schema, const Node& node, void* object, const std::string& path);

  const Origins& origins() const { return origins_; }
  const std::vector<UpstreamReference>& upstream_references() const { return upstreams_; }
  // Files named by fields, in order, each once, the unreadable ones too.
  const std::vector<std::string>& files() const { return files_; }

 private:
  struct At {  // where a value is read into
    const Field& field;
    const ValueType& type;
    void* slot;
    std::string path;
  };

  void parse_fields(const StructSchema& schema, const Node& node, void* object, const std::string& path);
  void unknown_key(const StructSchema& schema, const NodeEntry& entry, const std::string& path);
  void value(const Node& node, const At& at);
  void list(const Node& node, const At& at);
  void map(const Node& node, const At& at);
  void keyed_item(const Node& node, const At& at, const std::string& path, std::set<std::string>& keys);
  void leaf(const Node& node, const At& at);
  void text_rules(const Field& field, const std::string& text, const Mark& mark, const std::string& path);
  void file_rule(const std::string& text, const Mark& mark, const std::string& path);
  void mismatch(const Node& node, const At& at);

  void filters(const Node& node, std::vector<FilterSpec>& out, const std::string& path);
  void filter_item(const Node& node, std::vector<FilterSpec>& out, const std::string& path);
  void filter(const std::string& name, const Node& options, FilterSpec& out, const std::string& path);
  void use_chain(const Node& node, std::vector<FilterSpec>& out, const std::string& path);
  void unknown_filter(const std::string& name, const Mark& mark, const std::string& path);

  void adapters(const Node& node, const std::string& list, std::vector<AdapterSpec>& out, const std::string& path);
  void adapter(const Node& node, const std::string& list, std::vector<AdapterSpec>& out, const std::string& path);
  void unknown_adapter(const Node& node, const std::string& list, const std::string& path);

  FilterCatalog catalog_;
  Report& report_;
  const Node* chains_ = nullptr;
  std::vector<std::string> open_chains_;  // being expanded, outermost first
  Origins origins_;
  std::vector<UpstreamReference> upstreams_;
  std::vector<std::string> files_;
  std::size_t expanded_ = 0;  // filters put in by `use`: chains of chains can double
};

}  // namespace outrigger::config
