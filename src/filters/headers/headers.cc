#include "filters/headers/headers.h"

#include <algorithm>

#include "filters/field_rules.h"

namespace outrigger::filters {
namespace {

std::unique_ptr<Filter> make(const void* options, FilterContext&) {
  return std::make_unique<HeadersFilter>(*static_cast<const HeadersOptions*>(options));
}

// Does the text say who asks?
bool is_personal(const Template& text) {
  constexpr FieldMask kCredentials =
      field_mask(FieldId::authorization, FieldId::cookie, FieldId::x_forwarded_client_cert);
  return std::ranges::any_of(text.parts(), [](const Template::Part& part) {
    if (!part.is_variable) return false;
    if (part.value == Value::header) return (field_bit(field_id(part.text)) & kCredentials) != 0;
    return part.value == Value::user || part.value == Value::client_cert_subject ||
           part.value == Value::client_cert_san || part.value == Value::client_cert_fingerprint;
  });
}

template <Known known>
std::string check_names(const HeaderChanges<known>& changes) {
  const auto check = known == Known::request ? check_request_field : check_field;
  std::string error;
  const auto look = [&](const std::string& name) {
    if (error.empty()) error = check(name);
  };
  for (const auto& [name, value] : changes.set) look(name);
  for (const auto& [name, values] : changes.add) look(name);
  for (const auto& [name, value] : changes.append) look(name);
  return error;
}

template <Known known>
void describe_changes(config::Schema<HeaderChanges<known>>& schema) {
  using Changes = HeaderChanges<known>;
  const auto check = [](const std::string& text) { return Template::check(text, {.known = known}); };
  schema.field("remove", &Changes::remove, "Removes every field of the name.")
      .one_or_many()
      .check_text(known == Known::request ? check_request_field : check_field)
      .example("[X-Powered-By]");
  schema.field("set", &Changes::set, "Replaces the field, or adds it.")
      .check_text(check)
      .example("{X-Client: \"${client_ip}\"}");
  schema.field("append", &Changes::append, "Appends \", value\" to the last field of the name, or adds it.")
      .check_text(check)
      .example("{Vary: Accept}");
  schema.field("add", &Changes::add, "Adds a field for each value; those of the name stay.")
      .one_or_many()
      .check_text(check)
      .example("{X-Tag: [a, b]}");
  schema.check(check_names<known>);
}

}  // namespace

void describe(config::Schema<HeaderChanges<Known::request>>& schema) {
  schema.summary("Changes of the request, in this order.");
  describe_changes(schema);
}

void describe(config::Schema<HeaderChanges<Known::response>>& schema) {
  schema.summary("Changes of the response, in this order.");
  describe_changes(schema);
}

void describe(config::Schema<HeadersOptions>& schema) {
  schema.summary("Changes header fields. Values may have variables such as ${client_ip} and ${header:NAME}.");
  schema.field("request", &HeadersOptions::request, "Changes before the service sees the request.");
  schema.field("response", &HeadersOptions::response, "Changes before the client sees the response.");
}

template <Known known>
std::vector<HeadersFilter::Change> HeadersFilter::changes_of(const HeaderChanges<known>& options) {
  const auto parsed = [](const std::string& text) {
    return Template::parse(text, {.known = known}).value_or(Template());  // the schema checked it
  };
  std::vector<Change> changes;
  for (const std::string& name : options.remove) changes.emplace_back(Kind::remove, name, Template());
  for (const auto& [name, value] : options.set) changes.emplace_back(Kind::set, name, parsed(value));
  for (const auto& [name, value] : options.append) changes.emplace_back(Kind::append, name, parsed(value));
  for (const auto& [name, values] : options.add) {
    for (const std::string& value : values) changes.emplace_back(Kind::add, name, parsed(value));
  }
  return changes;
}

HeadersFilter::HeadersFilter(const HeadersOptions& options)
    : request_(changes_of(options.request)), response_(changes_of(options.response)) {
  for (const Change& change : request_) {
    if (is_personal(change.value)) personal_.push_back(change.name_text);
  }
}

// Names are ours, and outlive the exchange, which pins its configuration.
void HeadersFilter::apply(const std::vector<Change>& changes, Headers& headers, const Moment& moment) {
  for (const Change& change : changes) {
    const bool is_absent = change.value.is_absent(moment);
    if (change.kind == Kind::remove || (change.kind == Kind::set && is_absent)) {
      headers.remove(change.name());
      continue;
    }
    if (is_absent) continue;
    const std::string_view value = change.value.render(moment, headers.arena());
    if (change.kind == Kind::set) headers.set(change.name(), value);
    if (change.kind == Kind::append) headers.append(change.name(), value);
    if (change.kind == Kind::add) headers.add(change.name(), value);
  }
}

Task<Response> HeadersFilter::handle(Exchange& exchange, Next next) {
  apply(request_, exchange.request().headers, {.exchange = exchange});
  for (const std::string& name : personal_) {
    if (exchange.request().headers.get(name)) exchange.set_personal(name);
  }
  return response_.empty() ? next(exchange) : change_answer(exchange, next);
}

Task<Response> HeadersFilter::change_answer(Exchange& exchange, Next next) {
  Response response = co_await next(exchange);
  apply(response_, response.headers(), {.exchange = exchange, .response = &response});
  co_return response;
}

const FilterType kHeadersType = {{"headers", "Changes header fields.", &config::schema_of<HeadersOptions>}, make};

}  // namespace outrigger::filters
