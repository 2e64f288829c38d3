#include "filters/api_key/api_key.h"

#include "base/query.h"
#include "base/small_file.h"
#include "filters/cookies.h"
#include "filters/field_rules.h"
#include "outrigger/grammar.h"

namespace outrigger::filters {
namespace {

std::unique_ptr<Filter> make(const void* options, FilterContext& context) {
  return std::make_unique<ApiKey>(*static_cast<const ApiKeyOptions*>(options), context);
}

std::expected<std::shared_ptr<const void>, std::string> load(const void* options) {
  const std::string path = base::file_path(static_cast<const ApiKeyOptions*>(options)->keys);
  auto text = base::read_small_file(path);
  if (!text) return std::unexpected(text.error());
  auto file = KeyFile::parse(*text);
  if (!file) return std::unexpected(path + ": " + file.error());
  return std::make_shared<KeyFile>(std::move(*file));
}

std::string check_name(const std::string& name) {
  return name.empty() || is_token(name) ? "" : "\"" + name + "\" is no name";
}

}  // namespace

void describe(config::Schema<ApiKeyPlace>& schema) {
  schema.summary("Where the key stands in a request: one of these.");
  schema.field("header", &ApiKeyPlace::header, "A field.").check_text([](const std::string& name) {
    return name.empty() ? std::string() : check_request_field(name);
  });
  schema.field("query", &ApiKeyPlace::query, "A parameter. Such keys end up in logs and histories.")
      .check_text(check_name);
  schema.field("cookie", &ApiKeyPlace::cookie, "A cookie.").check_text(check_name);
  schema.check([](const ApiKeyPlace& place) -> std::string {
    const int set = !place.header.empty() + !place.query.empty() + !place.cookie.empty();
    return set > 1 ? "has more than one of header, query and cookie: keep one" : "";
  });
}

void describe(config::Schema<ApiKeyOptions>& schema) {
  schema.summary("Lets through who shows a known key. The file holds only the keys' SHA-256.");
  schema.field("keys", &ApiKeyOptions::keys, "A line for each key: its SHA-256 in hexadecimal, then perhaps a name.")
      .required()
      .file()
      .example("file:/etc/outrigger/api-keys");
  schema.field("in", &ApiKeyOptions::in, "Where the key stands; absent: in the field X-API-Key.");
  schema.field("forward", &ApiKeyOptions::forward, "Let the service see the key.");
  describe_mode(schema, &ApiKeyOptions::mode);
}

ApiKey::ApiKey(const ApiKeyOptions& options, FilterContext& context)
    : options_(options), keys_(context.loaded<KeyFile>()), verdicts_("api_key", context) {
  const bool has_place = !options.in.query.empty() || !options.in.cookie.empty();
  if (options_.in.header.empty() && !has_place) options_.in.header = "X-API-Key";
}

std::optional<std::string_view> ApiKey::find_key(const Exchange& exchange) const {
  const RequestHead& request = exchange.request();
  if (!options_.in.query.empty()) return base::parameter_of(request.query(), options_.in.query);
  if (!options_.in.cookie.empty()) return cookie_of(request.headers, options_.in.cookie);
  std::optional<std::string_view> found;
  for (const Field& field : request.headers) {
    if (!equals_ignoring_case(field.name, options_.in.header)) continue;
    if (found) return std::nullopt;
    found = field.value;
  }
  return found;
}

void ApiKey::remove_key(Exchange& exchange) const {
  RequestHead& request = exchange.request();
  if (!options_.in.header.empty()) request.headers.remove(options_.in.header);
  if (!options_.in.cookie.empty()) remove_cookie(request.headers, options_.in.cookie);
  if (!options_.in.query.empty()) {
    request.target = base::without_parameter(request.target, options_.in.query, exchange.arena());
  }
}

// RFC 9110 section 11.6.1: a 401 names a scheme; there is no registered one for keys.
Response ApiKey::refuse(Exchange& exchange, Failure failure, std::string_view why) const {
  Response refused = exchange.fail(failure, why);
  refused.headers().set("WWW-Authenticate", "ApiKey");
  return refused;
}

Task<Response> ApiKey::handle(Exchange& exchange, Next next) {
  const auto key = find_key(exchange);
  if (!options_.in.header.empty() && exchange.request().headers.get(options_.in.header)) {
    exchange.set_personal(options_.in.header);
  }
  const std::string* name = key ? keys_->find(*key) : nullptr;
  if (name != nullptr) {
    verdicts_.allow();
    exchange.set_user(exchange.arena().copy(*name));
  } else {
    const std::string_view why = key ? "the key is not in the file" : "there is no key, or more than one";
    const Failure failure = key ? Failure::credentials_wrong : Failure::credentials_missing;
    if (verdicts_.refuse(exchange, options_.mode, why)) co_return refuse(exchange, failure, why);
  }
  if (name != nullptr && !options_.forward) remove_key(exchange);
  co_return co_await next(exchange);
}

const FilterType kApiKeyType = {
    {"api_key", "Lets through who shows a known key.", &config::schema_of<ApiKeyOptions>, load}, make};

}  // namespace outrigger::filters
