#include "filters/fixed_answer.h"

#include "filters/field_rules.h"

namespace outrigger::filters {
namespace {

constexpr std::string_view kText = "text/plain; charset=utf-8";

std::string check(const FixedAnswerOptions& options) {
  for (const auto& [name, value] : options.headers) {
    if (std::string error = check_field(name); !error.empty()) return error;
  }
  const bool is_bodiless = options.status == 204 || options.status == 304;
  return is_bodiless && !options.body.empty() ? "an answer of this status has no body" : "";
}

}  // namespace

void describe(config::Schema<FixedAnswerOptions>& schema) {
  schema.summary("Answers by itself, without the service.");
  schema.field("status", &FixedAnswerOptions::status, "Status code.").range(200, 599);
  schema.field("body", &FixedAnswerOptions::body, "The content, as it stands: no variables.");
  schema.field("headers", &FixedAnswerOptions::headers, "Header fields; values may have variables.")
      .check_text([](const std::string& text) { return Template::check(text, {}); })
      .example("{Content-Type: text/html}");
  schema.check(check);
}

FixedAnswer::FixedAnswer(const FixedAnswerOptions& options)
    : status_(static_cast<std::uint16_t>(options.status)), body_(options.body) {
  for (const auto& [name, value] : options.headers) {
    headers_.push_back({name, Template::parse(value, {}).value_or(Template())});
  }
}

Response FixedAnswer::make(Exchange& exchange) const {
  Response response = exchange.respond(status_, body_, kText);
  for (const Header& header : headers_) {
    response.headers().set(header.name, header.value.render({.exchange = exchange}, exchange.arena()));
  }
  return response;
}

}  // namespace outrigger::filters
