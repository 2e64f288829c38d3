#include "filters/cors/cors.h"

#include <algorithm>

#include "base/glob.h"
#include "base/text.h"
#include "outrigger/grammar.h"

namespace outrigger::filters {
namespace {

constexpr std::string_view kAllowOrigin = "Access-Control-Allow-Origin";
constexpr std::string_view kVary = "Vary";

std::unique_ptr<Filter> make(const void* options, FilterContext& context) {
  return std::make_unique<Cors>(*static_cast<const CorsOptions*>(options), context);
}

// "https://a.example", with a "*" only where it cannot reach into another domain: at the front of the host, "." next.
std::string check_origin(const std::string& text) {
  if (text == "*" || text == "null") return "";
  const auto scheme = text.find("://");
  const std::string host = scheme == std::string::npos ? "" : text.substr(scheme + 3);
  if (host.empty() || host.contains('/')) {
    return "\"" + text + "\" is no origin: write https://app.example, https://*.example or *";
  }
  const bool is_wild = host.starts_with("*.");
  if ((is_wild ? host.substr(2) : host).contains('*') || text.substr(0, scheme).contains('*')) {
    return "in \"" + text + "\" only the first label of the host can be *";
  }
  return "";
}

std::string check_name(const std::string& text) {
  return is_token(text) ? "" : "\"" + text + "\" is no name of a method or field";
}

bool is_preflight(const RequestHead& request) {
  return request.method == Method::options && request.headers.get("Access-Control-Request-Method").has_value();
}

// No "*" of a pattern stands for a dot-less port or path: an origin has none of its own characters but these.
bool is_origin(std::string_view text) {
  return std::ranges::none_of(text, [](char c) { return c == '/' || c == '?' || c == '#' || c == '@' || c == ' '; });
}

bool fits(std::string_view pattern, std::string_view origin) {
  if (!pattern.contains("://*.")) return pattern == origin;
  const auto host = pattern.find("://") + 3;
  return origin.size() > host && is_origin(origin.substr(host)) && base::matches_glob(pattern, origin);
}

}  // namespace

void describe(config::Schema<CorsOptions>& schema) {
  schema.summary("Lets pages of other origins read answers: cross-origin resource sharing.");
  schema.field("origins", &CorsOptions::origins, "Who may: https://app.example, https://*.example, or * for all.")
      .required()
      .one_or_many()
      .check_text(check_origin)
      .example("[https://app.example]");
  schema.field("methods", &CorsOptions::methods, "Methods they may use.").one_or_many().check_text(check_name);
  schema.field("headers", &CorsOptions::headers, "Fields they may send, besides the harmless ones.")
      .one_or_many()
      .check_text(check_name);
  schema.field("expose", &CorsOptions::expose, "Fields of the answer that they may read, besides the harmless ones.")
      .one_or_many()
      .check_text(check_name);
  schema.field("credentials", &CorsOptions::credentials, "May they send cookies and credentials?");
  schema.field("max_age", &CorsOptions::max_age, "How long browsers remember the answer to a preflight request.")
      .range(Duration(0), std::chrono::hours(24));
  schema.check([](const CorsOptions& options) -> std::string {
    if (options.origins.empty()) return "needs at least one origin";
    const bool any = std::ranges::find(options.origins, "*") != options.origins.end();
    return any && options.credentials ? "has credentials and the origin *: every page could act as the user" : "";
  });
}

Cors::Cors(const CorsOptions& options, const FilterContext& context)
    : options_(options),
      any_origin_(std::ranges::find(options.origins, "*") != options.origins.end()),
      methods_(base::joined(options.methods, ", ")),
      headers_(base::joined(options.headers, ", ")),
      expose_(base::joined(options.expose, ", ")),
      max_age_(std::to_string(std::chrono::duration_cast<std::chrono::seconds>(options.max_age).count())),
      verdicts_("cors", context) {}

bool Cors::is_allowed(std::string_view origin) const {
  return any_origin_ ||
         std::ranges::any_of(options_.origins, [&](const auto& pattern) { return fits(pattern, origin); });
}

void Cors::mark(Headers& headers, std::string_view origin) const {
  headers.remove_if([](const Field& field) {
    constexpr std::string_view kPrefix = "access-control-";
    return field.name.size() > kPrefix.size() && equals_ignoring_case(field.name.substr(0, kPrefix.size()), kPrefix);
  });
  if (!any_origin_) headers.append(kVary, "Origin");
  if (origin.empty()) return;
  headers.add(kAllowOrigin, any_origin_ ? "*" : origin);
  if (options_.credentials) headers.add("Access-Control-Allow-Credentials", "true");
  if (!expose_.empty()) headers.add("Access-Control-Expose-Headers", expose_);
}

Response Cors::answer_preflight(Exchange& exchange, std::string_view origin) const {
  exchange.decide("cors", "a preflight request was answered");
  Response response = exchange.respond(204, {}, {});
  Headers& headers = response.headers();
  mark(headers, origin);
  headers.add("Access-Control-Allow-Methods", methods_);
  if (!headers_.empty()) headers.add("Access-Control-Allow-Headers", headers_);
  headers.add("Access-Control-Max-Age", max_age_);
  return response;
}

Task<Response> Cors::handle(Exchange& exchange, Next next) {
  const RequestHead& request = exchange.request();
  const bool is_single = request.headers.count(FieldId::origin) <= 1;
  const std::string_view sent = request.headers.get(FieldId::origin).value_or(std::string_view());
  const std::string_view origin = is_single && !sent.empty() && is_allowed(sent) ? sent : std::string_view();
  if (!sent.empty() && is_preflight(request)) {
    if (!origin.empty()) {
      verdicts_.allow();
      co_return answer_preflight(exchange, origin);
    }
    const std::string_view why = exchange.arena().concat("the origin ", sent, " is not among those of cors");
    verdicts_.refuse(exchange, Mode::enforce, why);
    co_return exchange.fail(Failure::origin_denied, why);
  }
  Response response = co_await next(exchange);
  mark(response.headers(), origin);
  co_return response;
}

const FilterType kCorsType = {{"cors", "Lets pages of other origins read answers.", &config::schema_of<CorsOptions>},
                              make};

}  // namespace outrigger::filters
