#include "filters/security_headers/security_headers.h"

#include <array>
#include <span>

#include "filters/field_rules.h"
#include "outrigger/grammar.h"

namespace outrigger::filters {
namespace {

struct Preset {
  std::string_view name;
  std::string_view value;
};

constexpr std::string_view kTransport = "Strict-Transport-Security";

// What no page misses.
constexpr std::array kBasic = {
    Preset{kTransport, "max-age=31536000"},
    Preset{"X-Content-Type-Options", "nosniff"},
    Preset{"X-Frame-Options", "SAMEORIGIN"},
    Preset{"Referrer-Policy", "strict-origin-when-cross-origin"},
};
// What a page must be written for: only its own scripts, in no frame.
constexpr std::array kStrict = {
    Preset{kTransport, "max-age=63072000; includeSubDomains"},
    Preset{"X-Content-Type-Options", "nosniff"},
    Preset{"X-Frame-Options", "DENY"},
    Preset{"Referrer-Policy", "no-referrer"},
    Preset{"Content-Security-Policy",
           "default-src 'self'; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"},
    Preset{"Permissions-Policy", "camera=(), geolocation=(), microphone=(), payment=(), usb=()"},
    Preset{"Cross-Origin-Opener-Policy", "same-origin"},
    Preset{"Cross-Origin-Resource-Policy", "same-origin"},
};
// Answers that are no pages: nothing in them is ever run or framed.
constexpr std::array kApi = {
    Preset{kTransport, "max-age=63072000; includeSubDomains"},
    Preset{"X-Content-Type-Options", "nosniff"},
    Preset{"X-Frame-Options", "DENY"},
    Preset{"Referrer-Policy", "no-referrer"},
    Preset{"Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'"},
};

std::span<const Preset> fields_of(HeaderPreset preset) {
  switch (preset) {
    case HeaderPreset::strict:
      return kStrict;
    case HeaderPreset::api:
      return kApi;
    case HeaderPreset::basic:
      break;
  }
  return kBasic;
}

std::unique_ptr<Filter> make(const void* options, FilterContext&) {
  return std::make_unique<SecurityHeaders>(*static_cast<const SecurityHeadersOptions*>(options));
}

const std::string* find(const std::map<std::string, std::string>& fields, std::string_view name) {
  for (const auto& [key, value] : fields) {
    if (equals_ignoring_case(key, name)) return &value;
  }
  return nullptr;
}

std::string check(const SecurityHeadersOptions& options) {
  for (const auto& [name, value] : options.set) {
    if (std::string error = check_field(name); !error.empty()) return error;
    if (!is_field_value(value)) return "the value of " + name + " has a control character";
  }
  return "";
}

}  // namespace

void describe(config::Schema<SecurityHeadersOptions>& schema) {
  schema.summary("Adds the fields that make browsers careful, and hides those that tell attackers about the service.");
  schema.field("preset", &SecurityHeadersOptions::preset, "Where to start: for any site, for careful ones, for APIs.")
      .values({{"basic", HeaderPreset::basic}, {"strict", HeaderPreset::strict}, {"api", HeaderPreset::api}});
  schema.field("set", &SecurityHeadersOptions::set, "Other values, by name; an empty one leaves the field out.");
  schema.field("hide", &SecurityHeadersOptions::hide, "Fields of the service that are removed.")
      .one_or_many()
      .check_text(check_field);
  schema.field("overwrite", &SecurityHeadersOptions::overwrite, "Replace what the service says itself.");
  schema.check(check);
}

SecurityHeaders::SecurityHeaders(const SecurityHeadersOptions& options)
    : hide_(options.hide), overwrite_(options.overwrite) {
  for (const Preset& field : fields_of(options.preset)) {
    if (find(options.set, field.name) == nullptr) fields_.emplace_back(field.name, field.value);
  }
  for (const auto& [name, value] : options.set) {
    if (!value.empty()) fields_.emplace_back(name, value);
  }
}

Task<Response> SecurityHeaders::handle(Exchange& exchange, Next next) {
  Response response = co_await next(exchange);
  Headers& headers = response.headers();
  for (const std::string& name : hide_) headers.remove(name);
  for (const auto& [name, value] : fields_) {
    // RFC 6797 section 7.2: never over plain HTTP.
    if (exchange.scheme() != "https" && equals_ignoring_case(name, kTransport)) continue;
    if (overwrite_ || !headers.get(name)) headers.set(name, value);
  }
  co_return response;
}

const FilterType kSecurityHeadersType = {
    {"security_headers", "Adds the fields that make browsers careful.", &config::schema_of<SecurityHeadersOptions>},
    make};

}  // namespace outrigger::filters
