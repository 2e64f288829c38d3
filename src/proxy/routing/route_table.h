#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "proxy/routing/route_matcher.h"

namespace outrigger::proxy {

// Finds the first of many routes that matches, by what can be looked up: host, then exact path or prefix. Only those
// are asked in full that the tables name, and those that are known by an expression or by no path.
// Thread: any, not changed after it was made. Cost: a look-up for each label of the host that a wildcard could cover
// and for each segment of the path that a prefix could; with few routes each is asked instead.
class RouteTable {
 public:
  static constexpr std::size_t kNone = static_cast<std::size_t>(-1);

  RouteTable() = default;
  // `routes` in the order in which they are asked (routes_in_order); they outlive the table.
  explicit RouteTable(std::vector<const RouteMatcher*> routes);

  // The place of the first route that matches; kNone.
  std::size_t find(const RequestHead& request) const;

 private:
  struct Hash {
    using is_transparent = void;
    std::size_t operator()(std::string_view text) const { return std::hash<std::string_view>{}(text); }
  };
  using Places = std::vector<std::size_t>;  // ascending
  using ByText = std::unordered_map<std::string, Places, Hash, std::equal_to<>>;
  // The routes of one host by their paths.
  struct Paths {
    ByText exact;
    ByText prefixes;  // without a last slash
    std::size_t longest_prefix = 0;
    Places others;
  };
  class Search;

  void add(std::size_t place);
  void add(Paths& paths, std::size_t place);

  std::vector<const RouteMatcher*> routes_;
  std::unordered_map<std::string, Paths, Hash, std::equal_to<>> hosts_;      // in lower case
  std::unordered_map<std::string, Paths, Hash, std::equal_to<>> wildcards_;  // "example.com" for "*.example.com"
  Paths any_;
};

}  // namespace outrigger::proxy
