#include "filters/cache/key.h"

#include <algorithm>
#include <array>
#include <tuple>

#include "base/glob.h"
#include "filters/cookies.h"

namespace outrigger::filters {

namespace {

std::string_view lower(std::string_view text, Arena& arena) {
  const bool is_lower = std::ranges::none_of(text, [](char c) { return c >= 'A' && c <= 'Z'; });
  if (is_lower) return text;
  char* const copy = arena.array<char>(text.size());
  std::ranges::transform(text, copy, [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c | 0x20) : c; });
  return {copy, text.size()};
}

// RFC 9110 section 4.2.3: the scheme's own port is as good as none.
std::string_view authority_of(const Exchange& exchange, Arena& arena) {
  std::string_view authority = lower(exchange.request().authority, arena);
  const std::string_view port = exchange.scheme() == "https" ? ":443" : ":80";
  if (authority.ends_with(port)) authority.remove_suffix(port.size());
  return authority;
}

std::string_view name_of(std::string_view parameter) { return parameter.substr(0, parameter.find('=')); }

// Those of one name keep their order, which may mean something.
void sort_by_name(std::vector<std::string_view>& parameters) {
  std::vector<std::pair<std::string_view, std::size_t>> order;
  for (std::size_t i = 0; i < parameters.size(); ++i) order.emplace_back(name_of(parameters[i]), i);
  std::ranges::sort(order);
  std::vector<std::string_view> sorted;
  for (const auto& [name, place] : order) sorted.push_back(parameters[place]);
  parameters.swap(sorted);
}

// The parameters of a query, each with its value.
std::vector<std::string_view> parameters_of(std::string_view query) {
  std::vector<std::string_view> result;
  while (!query.empty()) {
    const auto end = std::min(query.find('&'), query.size());
    result.push_back(query.substr(0, end));
    query.remove_prefix(std::min(end + 1, query.size()));
  }
  return result;
}

// What a trusted proxy (or a filter) says of the client's connection, and services make links and redirects of.
constexpr FieldId kSaidOfConnection[] = {FieldId::x_forwarded_proto, FieldId::x_forwarded_host,
                                         FieldId::x_forwarded_port};
constexpr FieldMask kIsSaid =
    std::apply([](auto... ids) { return field_mask(ids...); }, std::to_array(kSaidOfConnection));

}  // namespace

bool CacheKeys::counts(std::string_view parameter) const {
  const std::string_view name = name_of(parameter);
  const auto matches = [name](const std::string& pattern) { return base::matches_glob(pattern, name); };
  if (options_.query.keep) return std::ranges::any_of(*options_.query.keep, matches);
  return std::ranges::none_of(options_.query.drop, matches);
}

std::string_view CacheKeys::target_of(std::string_view target, Arena& arena) const {
  const auto mark = target.find('?');
  if (mark == std::string_view::npos || is_any_query()) return target;
  std::vector<std::string_view> parameters = parameters_of(target.substr(mark + 1));
  std::erase_if(parameters, [this](std::string_view parameter) { return !counts(parameter); });
  if (options_.query.sort) sort_by_name(parameters);
  std::string text(target.substr(0, mark));
  for (std::size_t i = 0; i < parameters.size(); ++i) text.append(i == 0 ? "?" : "&").append(parameters[i]);
  return arena.copy(text);
}

// Values one behind the other, none of which can hold the line feed that ends it.
std::string_view CacheKeys::extra_of(const Exchange& exchange, Arena& arena) const {
  const bool has_cookies = options_.cookies && !options_.cookies->empty();
  const Headers& headers = exchange.request().headers;
  const bool is_said = headers.has_any(kIsSaid);
  if (options_.headers.empty() && !has_cookies && !is_said) return {};
  std::string text;
  for (const std::string& name : options_.headers) {
    const auto value = cache::selecting_value(exchange.request().headers, name, arena);
    text.append(value ? "=" : "-").append(value.value_or("")).append("\n");
  }
  if (has_cookies) {
    for (const std::string& name : *options_.cookies) {
      const auto value = cookie_of(exchange.request().headers, name);
      text.append(value ? "=" : "-").append(value.value_or("")).append("\n");
    }
  }
  for (const FieldId id : kSaidOfConnection) {
    const std::string_view name = field_name(id);
    if (headers.has(id))
      text.append(name).append("=").append(*cache::selecting_value(headers, name, arena)).append("\n");
  }
  return arena.copy(text);
}

cache::Key CacheKeys::of_url(Exchange& exchange, std::string_view target) const {
  Arena& arena = exchange.arena();
  const std::string_view url =
      arena.concat(exchange.scheme(), "://", authority_of(exchange, arena), target_of(target, arena));
  return {url, {}, hash_(url)};
}

cache::Key CacheKeys::of(Exchange& exchange) const {
  cache::Key key = of_url(exchange, exchange.request().target);
  key.extra = extra_of(exchange, exchange.arena());
  return key;
}

void CacheKeys::narrow(RequestHead& request) const {
  Arena& arena = request.headers.arena();
  request.target = target_of(request.target, arena);
  if (!options_.cookies || !request.headers.has(FieldId::cookie)) return;
  std::string kept;
  for (const std::string& name : *options_.cookies) {
    const auto value = cookie_of(request.headers, name);
    if (value) kept.append(kept.empty() ? "" : "; ").append(name).append("=").append(*value);
  }
  request.headers.remove(FieldId::cookie);
  if (!kept.empty()) request.headers.add("Cookie", arena.copy(kept));
}

}  // namespace outrigger::filters
