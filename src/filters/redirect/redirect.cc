#include "filters/redirect/redirect.h"

#include <algorithm>

namespace outrigger::filters {
namespace {

std::unique_ptr<Filter> make(const void* options, FilterContext&) {
  return std::make_unique<Redirect>(*static_cast<const RedirectOptions*>(options));
}

std::string check_location(const std::string& text) {
  if (std::string error = Template::check(text, {}); !error.empty()) return error;
  const bool has_start =
      text.starts_with("http://") || text.starts_with("https://") || text.starts_with('/') || text.starts_with("${");
  if (!has_start) return "begin with https://, http:// or /";
  const bool is_url = std::ranges::all_of(text, [](char c) { return c > ' ' && c < 0x7f && c != '\\'; });
  return is_url ? "" : "has a character that may not stand in a URL";
}

// "//x" and "/\x" are hosts to a browser: a path that begins so must not choose where the client goes.
std::string_view with_one_slash(std::string_view location) {
  while (location.size() > 1 && location[0] == '/' && (location[1] == '/' || location[1] == '\\')) {
    location.remove_prefix(1);
    if (location[0] == '\\') return "/";
  }
  return location;
}

}  // namespace

void describe(config::Schema<RedirectOptions>& schema) {
  schema.summary("Sends the client elsewhere.");
  schema.shorthand("to");
  schema.field("to", &RedirectOptions::to, "URL or path; may have variables.")
      .required()
      .check_text(check_location)
      .example("https://${host}${target}");
  schema.field("status", &RedirectOptions::status, "301, 302, 303, 307 or 308.").range(301, 308);
  schema.check([](const RedirectOptions& options) -> std::string {
    const bool is_redirect = options.status <= 303 || options.status >= 307;
    return is_redirect ? "" : std::to_string(options.status) + " is no redirect: use 301, 302, 303, 307 or 308";
  });
}

Redirect::Redirect(const RedirectOptions& options)
    : status_(static_cast<std::uint16_t>(options.status)),
      to_(Template::parse(options.to, {}).value_or(Template())),
      needs_host_(std::ranges::any_of(to_.parts(),
                                      [](const auto& part) { return part.is_variable && part.value == Value::host; })),
      names_host_(options.to.starts_with("//")) {}

Task<Response> Redirect::handle(Exchange& exchange, Next) {
  if (needs_host_ && exchange.request().host().empty()) {
    co_return exchange.fail(Failure::bad_host, "a redirect to the same host needs one");
  }
  exchange.decide("redirect", "answered by the filter redirect");
  const std::string_view to = to_.render({.exchange = exchange}, exchange.arena(), Template::Encoding::url);
  Response response = exchange.respond(status_, "", "");
  response.headers().set("Location", names_host_ ? to : with_one_slash(to));
  co_return response;
}

const FilterType kRedirectType = {{"redirect", "Sends the client elsewhere.", &config::schema_of<RedirectOptions>},
                                  make};

}  // namespace outrigger::filters
