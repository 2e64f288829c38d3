#pragma once

#include <expected>
#include <functional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "base/json/json.h"
#include "outrigger/stats.h"

namespace outrigger::adapters {

// A place in a JSON document: `$.q.len`, `$.pools[0].size`, `$['odd.name']`, and with `[*]` or `.*` all elements of a
// list or members of an object. A part of JSONPath (RFC 9535): no filters, slices or `..`.
class JsonPath {
 public:
  // The error is a sentence.
  static std::expected<JsonPath, std::string> parse(std::string_view text);

  // Calls `visit(value, labels)` for every value there is; each `*` adds a label that tells its elements apart.
  using Visit = std::function<void(const base::Json& value, const stats::Labels& labels)>;
  void for_each(const base::Json& root, const Visit& visit) const;

 private:
  struct Any {};
  using Step = std::variant<std::string, std::size_t, Any>;
  void walk(const base::Json& at, std::size_t step, stats::Labels& labels, const Visit& visit) const;

  std::vector<Step> steps_;
};

// The label that tells element `index` of a list from the others: its text member name or id, else its index. A label
// that is in `taken` already gets a number: index, index_2.
std::pair<std::string, std::string> element_label(const base::Json& element, std::size_t index,
                                                  const stats::Labels& taken);
std::pair<std::string, std::string> member_label(std::string_view name, const stats::Labels& taken);

}  // namespace outrigger::adapters
