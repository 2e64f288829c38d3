#include "proxy/routing/route_table.h"

#include <algorithm>
#include <array>

namespace outrigger::proxy {

namespace {

constexpr std::size_t kFew = 8;            // asking each of so many costs less than looking up
constexpr std::size_t kLongestName = 255;  // RFC 1035 section 2.3.4

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }

std::string lower(std::string_view text) {
  std::string made(text);
  std::ranges::transform(made, made.begin(), [](char c) { return lower(c); });
  return made;
}

std::string_view without_last_slash(std::string_view prefix) {
  return prefix.ends_with('/') ? prefix.substr(0, prefix.size() - 1) : prefix;
}

}  // namespace

// One look for the first match; `best` is the first found so far.
class RouteTable::Search {
 public:
  Search(const RouteTable& table, const RequestHead& request)
      : table_(table), request_(request), path_(request.path()) {}

  void ask_all() { ask_range(table_.routes_.size()); }

  // False when the host is no name that a table could have.
  bool look_up() {
    std::string_view host = request_.host();
    while (host.ends_with('.')) host.remove_suffix(1);
    if (host.size() > kLongestName) return false;
    std::array<char, kLongestName> buffer;
    std::ranges::transform(host, buffer.begin(), [](char c) { return lower(c); });
    const std::string_view name(buffer.data(), host.size());
    if (const auto found = table_.hosts_.find(name); found != table_.hosts_.end()) ask(found->second);
    if (!table_.wildcards_.empty()) ask_wildcards(name);
    ask(table_.any_);
    return true;
  }

  std::size_t best() const { return best_; }

 private:
  void ask_wildcards(std::string_view name) {
    for (auto dot = name.find('.'); dot != std::string_view::npos; dot = name.find('.', dot + 1)) {
      if (dot == 0) continue;  // a wildcard stands for at least one character
      const auto found = table_.wildcards_.find(name.substr(dot + 1));
      if (found != table_.wildcards_.end()) ask(found->second);
    }
  }

  void ask(const Paths& paths) {
    if (!paths.exact.empty()) ask(paths.exact, path_);
    if (!paths.prefixes.empty()) ask_prefixes(paths);
    ask(paths.others);
  }

  void ask_prefixes(const Paths& paths) {
    for (std::size_t end = 0; end <= std::min(path_.size(), paths.longest_prefix); ++end) {
      if (end == path_.size() || path_[end] == '/') ask(paths.prefixes, path_.substr(0, end));
    }
  }

  void ask(const ByText& by_text, std::string_view text) {
    const auto found = by_text.find(text);
    if (found != by_text.end()) ask(found->second);
  }

  void ask(const Places& places) {
    for (const std::size_t place : places) {
      if (place >= best_) return;
      if (table_.routes_[place]->matches(request_)) best_ = place;
    }
  }

  void ask_range(std::size_t count) {
    for (std::size_t place = 0; place < count && best_ == kNone; ++place) {
      if (table_.routes_[place]->matches(request_)) best_ = place;
    }
  }

  const RouteTable& table_;
  const RequestHead& request_;
  std::string_view path_;
  std::size_t best_ = kNone;
};

RouteTable::RouteTable(std::vector<const RouteMatcher*> routes) : routes_(std::move(routes)) {
  if (routes_.size() <= kFew) return;
  for (std::size_t place = 0; place < routes_.size(); ++place) add(place);
}

void RouteTable::add(std::size_t place) {
  const std::vector<std::string>& hosts = routes_[place]->match().host;
  if (hosts.empty()) add(any_, place);
  for (const std::string& host : hosts) {
    const std::string name = lower(host);
    add(name.starts_with("*.") ? wildcards_[name.substr(2)] : hosts_[name], place);
  }
}

void RouteTable::add(Paths& paths, std::size_t place) {
  const config::PathMatch& path = routes_[place]->match().path;
  if (path.exact) {
    paths.exact[*path.exact].push_back(place);
  } else if (path.prefix) {
    const std::string_view key = without_last_slash(*path.prefix);
    paths.longest_prefix = std::max(paths.longest_prefix, key.size());
    paths.prefixes[std::string(key)].push_back(place);
  } else {
    paths.others.push_back(place);
  }
}

std::size_t RouteTable::find(const RequestHead& request) const {
  Search search(*this, request);
  if (routes_.size() <= kFew || !search.look_up()) search.ask_all();
  return search.best();
}

}  // namespace outrigger::proxy
