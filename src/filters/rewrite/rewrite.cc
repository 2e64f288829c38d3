#include "filters/rewrite/rewrite.h"

#include <algorithm>
#include <array>

#include "outrigger/grammar.h"

namespace outrigger::filters {
namespace {

constexpr std::size_t kGroups = 10;  // the whole match, and nine

std::unique_ptr<Filter> make(const void* options, FilterContext&) {
  return std::make_unique<Rewrite>(*static_cast<const RewriteOptions*>(options));
}

std::string check_regex(const std::string& text) {
  const auto regex = base::Regex::compile(text);
  return regex ? "" : "bad regular expression: " + regex.error();
}

std::string check_prefix(const std::string& text) {
  return is_target(text) && !text.contains('?') ? "" : "begin with /, without a query";
}

// Fixed parts must be the text of a path; what variables stand for is looked at per request.
std::string check_to(const PathRewrite& path) {
  const auto to = Template::parse(path.to, {.has_captures = path.regex.has_value()});
  if (!to) return "to: " + to.error();
  if (!path.to.starts_with('/') && !path.to.starts_with("${")) return "to: begin with /";
  std::string text = "/";
  std::size_t last_group = 0;
  for (const Template::Part& part : to->parts()) {
    if (!part.is_variable) text += part.text;
    if (part.value == Value::capture) last_group = std::max<std::size_t>(last_group, part.text[0] - '0');
  }
  if (!is_target(text) || text.contains('?')) return "to: has a character that may not stand in a path";
  if (!path.regex) return "";
  const auto regex = base::Regex::compile(*path.regex);
  if (!regex || last_group <= regex->group_count()) return "";
  return "to: ${" + std::to_string(last_group) + "}, but the regular expression has " +
         std::to_string(regex->group_count()) + " groups";
}

bool is_prefix(std::string_view prefix, std::string_view path) {
  if (!path.starts_with(prefix)) return false;
  return prefix.ends_with('/') || path.size() == prefix.size() || path[prefix.size()] == '/';
}

std::string check_host(const std::string& text) {
  const auto host = Template::parse(text, {});
  if (!host) return host.error();
  const bool is_fixed = host->is_fixed();
  return !is_fixed || is_authority(text) ? "" : "\"" + text + "\" is no host name";
}

}  // namespace

void describe(config::Schema<PathRewrite>& schema) {
  schema.summary("The path is changed where it matches; the query stays.");
  schema.field("prefix", &PathRewrite::prefix, "Whole segments: /a stands for /a and /a/b, not for /ab.")
      .check_text(check_prefix)
      .example("/old");
  schema.field("regex", &PathRewrite::regex, "Matches the whole path, RE2.")
      .check_text(check_regex)
      .example("/v1/(.*)");
  schema.field("to", &PathRewrite::to, "In place of the prefix, or of the whole path, where ${1} to ${9} are groups.")
      .required()
      .example("/v2/${1}");
  schema.check([](const PathRewrite& path) -> std::string {
    if (path.prefix.has_value() == path.regex.has_value()) return "needs one of prefix and regex";
    return check_to(path);
  });
}

void describe(config::Schema<RewriteOptions>& schema) {
  schema.summary("Changes the path or the host before the route is chosen and the service sees them.");
  schema.field("path", &RewriteOptions::path, "Changes the path.");
  schema.field("host", &RewriteOptions::host, "The new Host; may have variables.")
      .check_text(check_host)
      .example("app.internal");
}

Rewrite::Rewrite(const RewriteOptions& options) {
  if (!options.host.empty()) host_ = Template::parse(options.host, {}).value_or(Template());
  if (!options.path) return;
  prefix_ = options.path->prefix;
  if (options.path->regex) {
    if (auto regex = base::Regex::compile(*options.path->regex)) regex_ = std::move(*regex);
  }
  to_ = Template::parse(options.path->to, {.has_captures = regex_.has_value()}).value_or(Template());
}

std::string_view Rewrite::rewritten_prefix(std::string_view path, const Moment& moment, Arena& arena) const {
  std::string_view to = to_.render(moment, arena, Template::Encoding::url);
  std::string_view rest = path.substr(prefix_->size());
  // One slash where the two meet.
  if (rest.empty()) return to;
  if (to.ends_with('/') && rest.starts_with('/')) rest.remove_prefix(1);
  const bool needs_slash = !to.ends_with('/') && !rest.starts_with('/');
  return arena.concat(to, needs_slash ? "/" : "", rest);
}

std::string_view Rewrite::rewritten(Exchange& exchange) const {
  const std::string_view path = exchange.request().path();
  if (prefix_ && is_prefix(*prefix_, path)) return rewritten_prefix(path, {.exchange = exchange}, exchange.arena());
  std::array<std::string_view, kGroups> groups;
  if (!regex_ || !regex_->match(path, groups)) return {};
  return to_.render({.exchange = exchange, .captures = groups}, exchange.arena(), Template::Encoding::url);
}

// A request may not become one that would have been refused.
bool Rewrite::is_good(std::string_view path, std::string_view before) {
  return is_target(path) && !path.contains('?') && (!is_ambiguous_path(path) || is_ambiguous_path(before));
}

Task<Response> Rewrite::handle(Exchange& exchange, Next next) {
  RequestHead& request = exchange.request();
  Arena& arena = exchange.arena();
  if (const std::string_view path = rewritten(exchange); !path.empty()) {
    if (!is_good(path, request.path())) {
      return refuse(exchange, Failure::bad_target,
                    "what the filter rewrite made of the path is malformed or ambiguous");
    }
    const auto query = request.target.find('?');
    request.target = query == std::string_view::npos ? path : arena.concat(path, request.target.substr(query));
  }
  if (host_) {
    const std::string_view host = host_->render({.exchange = exchange}, arena);
    if (!is_authority(host)) return refuse(exchange, Failure::bad_host, "what the filter rewrite made is no host name");
    request.authority = host;
    request.headers.set("Host", host);
  }
  return next(exchange);
}

Task<Response> Rewrite::refuse(Exchange& exchange, Failure failure, const char* detail) {
  co_return exchange.fail(failure, detail);
}

const FilterType kRewriteType = {{"rewrite", "Changes path or host.", &config::schema_of<RewriteOptions>}, make};

}  // namespace outrigger::filters
