#include "filters/respond/respond.h"

#include "filters/field_rules.h"

namespace outrigger::filters {
namespace {

constexpr std::string_view kText = "text/plain; charset=utf-8";

std::unique_ptr<Filter> make(const void* options, FilterContext&) {
  return std::make_unique<Respond>(*static_cast<const RespondOptions*>(options));
}

std::string check(const RespondOptions& options) {
  for (const auto& [name, value] : options.headers) {
    if (std::string error = check_field(name); !error.empty()) return error;
  }
  const bool is_bodiless = options.status == 204 || options.status == 304;
  return is_bodiless && !options.body.empty() ? "an answer of this status has no body" : "";
}

}  // namespace

void describe(config::Schema<RespondOptions>& schema) {
  schema.summary("Answers by itself, without the service.");
  schema.field("status", &RespondOptions::status, "Status code.").range(200, 599);
  schema.field("body", &RespondOptions::body, "The content, as it stands: no variables.");
  schema.field("headers", &RespondOptions::headers, "Header fields; values may have variables.")
      .check_text([](const std::string& text) { return Template::check(text, {}); })
      .example("{Content-Type: text/html}");
  schema.check(check);
}

Respond::Respond(const RespondOptions& options) : options_(options) {
  for (const auto& [name, value] : options_.headers) {
    headers_.push_back({name, Template::parse(value, {}).value_or(Template())});
  }
}

Task<Response> Respond::handle(Exchange& exchange, Next) {
  exchange.decide("respond", "answered by the filter respond");
  Response response = exchange.respond(static_cast<std::uint16_t>(options_.status), options_.body, kText);
  for (const Header& header : headers_) {
    response.headers().set(header.name, header.value.render({.exchange = exchange}, exchange.arena()));
  }
  co_return response;
}

const FilterType kRespondType = {{"respond", "Answers by itself.", &config::schema_of<RespondOptions>}, make};

}  // namespace outrigger::filters
