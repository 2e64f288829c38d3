#include "filters/jwt/jwt.h"

#include <algorithm>

#include "base/small_file.h"
#include "base/url.h"
#include "filters/cookies.h"
#include "filters/field_rules.h"
#include "outrigger/grammar.h"

namespace outrigger::filters {
namespace {

using Loaded = std::expected<std::shared_ptr<const void>, std::string>;

std::unique_ptr<Filter> make(const void* options, FilterContext& context) {
  return std::make_unique<Jwt>(*static_cast<const JwtOptions*>(options), context);
}

std::expected<KeySource, std::string> source_of(const JwtOptions& options) {
  if (!options.secret.empty()) return KeySource::of_secret(options.secret);
  if (!is_url(options.jwks)) return KeySource::of_file(base::file_path(options.jwks));
  const std::string ca = options.jwks_ca.empty() ? "" : base::file_path(options.jwks_ca);
  return KeySource::of_url({options.jwks, ca, options.jwks_refresh, options.jwks_keep});
}

Loaded load(const void* any) {
  auto source = source_of(*static_cast<const JwtOptions*>(any));
  if (!source) return std::unexpected(source.error());
  return std::make_shared<KeySource>(std::move(*source));
}

std::string check_algorithm(const std::string& name) {
  return base::crypto::algorithm_of(name) ? ""
                                          : "\"" + name + "\" is no algorithm: write RS256, PS256, ES256, EdDSA ...";
}

std::string check_options(const JwtOptions& options) {
  if (options.jwks.empty() == options.secret.empty()) return "needs one of jwks and secret";
  for (const std::string& name : options.algorithms) {
    if (base::crypto::is_symmetric(*base::crypto::algorithm_of(name)) != options.jwks.empty()) {
      return name +
             (options.jwks.empty() ? " is not verified by a secret" : " is verified by a secret, not by a key of jwks");
    }
  }
  if (!options.jwks_ca.empty() && !options.jwks.starts_with("https://")) return "jwks_ca is for a jwks of https://";
  for (const auto& [header, claim] : options.claims_to_headers) {
    if (std::string error = check_request_field(header); !error.empty()) return error;
    if (claim.empty()) return "claims_to_headers: the claim for " + header + " is missing";
  }
  return "";
}

// RFC 6750 section 2.1. Nothing if there is none or there are several.
std::optional<std::string_view> bearer_of(const Headers& headers) {
  constexpr std::string_view kScheme = "Bearer";
  if (headers.count(FieldId::authorization) != 1) return std::nullopt;
  const std::string_view text = *headers.get(FieldId::authorization);
  const auto blank = text.find(' ');
  if (blank == std::string_view::npos || !equals_ignoring_case(text.substr(0, blank), kScheme)) return std::nullopt;
  return text.substr(std::min(text.find_first_not_of(' ', blank), text.size()));
}

// RFC 8725 section 3.11: a token that says it is something else (a logout token, say) is no access token.
bool is_access_token(std::string_view type) {
  constexpr std::string_view kMedia = "application/";
  if (type.size() > kMedia.size() && equals_ignoring_case(type.substr(0, kMedia.size()), kMedia)) {
    type.remove_prefix(kMedia.size());
  }
  return type.empty() || equals_ignoring_case(type, "JWT") || equals_ignoring_case(type, "at+jwt");
}

}  // namespace

void describe(config::Schema<JwtOptions>& schema) {
  schema.summary("Lets through who shows a signed token (JWT); its claims are known to the filters behind it.");
  schema.field("issuer", &JwtOptions::issuer, "Who may have made it (iss).").required().one_or_many();
  schema.field("audience", &JwtOptions::audience, "For whom it must be (aud); absent: for anybody.").one_or_many();
  schema.field("jwks", &JwtOptions::jwks, "The keys: a file with a JWK set, or the URL of one.")
      .file()
      .check_text([](const std::string& text) { return is_url(text) ? base::check_url(text) : std::string(); })
      .example("file:/etc/outrigger/jwks.json");
  schema.field("jwks_ca", &JwtOptions::jwks_ca, "The CAs to trust at that URL; absent: the system's.").file();
  schema.field("jwks_refresh", &JwtOptions::jwks_refresh, "When to fetch it again.")
      .range(std::chrono::seconds(1), std::chrono::hours(24));
  schema.field("jwks_keep", &JwtOptions::jwks_keep, "How long the last good one stands in while it can't be fetched.")
      .range(std::chrono::seconds(1), std::chrono::hours(24 * 366));
  schema.field("secret", &JwtOptions::secret, "Instead of jwks, for HS256 and the like: the secret.")
      .secret()
      .example("file:/run/secrets/jwt");
  schema.field("algorithms", &JwtOptions::algorithms, "Only these; absent: all that fit the keys.")
      .one_or_many()
      .check_text(check_algorithm)
      .example("[RS256, ES256]");
  schema.field("leeway", &JwtOptions::leeway, "How far the issuer's clock may be off.")
      .range(Duration(0), std::chrono::minutes(10));
  schema.field("cookie", &JwtOptions::cookie, "The cookie that has the token; absent: the field Authorization.")
      .check_text(
          [](const std::string& name) -> std::string { return name.empty() || is_token(name) ? "" : "is no name"; });
  schema.field("claims_to_headers", &JwtOptions::claims_to_headers, "Fields for the service, and the claim of each.")
      .example("{X-User: sub}");
  schema.field("optional", &JwtOptions::optional, "Requests without a token pass, without claims.");
  schema.field("forward", &JwtOptions::forward, "Let the service see the token.");
  describe_mode(schema, &JwtOptions::mode);
  schema.check(check_options);
}

Jwt::Jwt(const JwtOptions& options, FilterContext& context)
    : options_(options),
      rules_{.issuers = options.issuer, .audiences = options.audience, .leeway = options.leeway},
      keys_(context.loaded<KeySource>()),
      verdicts_("jwt", context) {
  for (const std::string& name : options.algorithms) algorithms_.push_back(*base::crypto::algorithm_of(name));
}

// Why the token is not for us, before its signature is looked at; "" if it may be.
std::string Jwt::objection_to(const Token& token) const {
  if (!is_access_token(token.type)) return "it is no access token (typ)";
  if (!algorithms_.empty() && std::ranges::find(algorithms_, token.algorithm) == algorithms_.end()) {
    return "its algorithm " + std::string(name_of(token.algorithm)) + " is not among those of jwt";
  }
  return {};
}

// Of a token that was shown; no failure: it is good, and its claims are known.
Jwt::Finding Jwt::refusal_of(Exchange& exchange, std::string_view text) {
  const auto refused = [&](std::string_view why, std::optional<std::uint64_t> lacking = {}) -> Finding {
    return {.failure = Failure::credentials_wrong,
            .why = exchange.arena().concat("the token is refused: ", why),
            .lacking = lacking};
  };
  const auto token = parse_token(text);
  if (!token) return refused(token.error());
  if (const std::string objection = objection_to(*token); !objection.empty()) return refused(objection);
  const KeySet* const keys = keys_.now();
  if (keys == nullptr) {
    return {.failure = Failure::auth_unavailable,
            .why = exchange.arena().copy(keys_.problem()),
            .lacking = keys_.version()};
  }
  switch (keys->verify(*token)) {
    case KeySet::Result::good:
      break;
    case KeySet::Result::unknown_key:
      return refused("there is no key for it", keys_.version());
    case KeySet::Result::bad_signature:
      return refused("its signature is wrong");
  }
  const auto claims = parse_claims(*token);
  if (!claims) return refused(claims.error());
  const std::string objection = check_claims(*claims, rules_, exchange.wall_now());
  if (!objection.empty()) return refused(objection);
  publish_claims(exchange, *claims);
  return {};
}

Jwt::Finding Jwt::examine(Exchange& exchange) {
  const Headers& headers = exchange.request().headers;
  const auto text = options_.cookie.empty() ? bearer_of(headers) : cookie_of(headers, options_.cookie);
  if (text && !text->empty()) return refusal_of(exchange, *text);
  const bool shows_nothing = options_.cookie.empty() ? !headers.has(FieldId::authorization) : !text.has_value();
  if (options_.optional && shows_nothing) return {.is_anonymous = true};
  return {.failure = Failure::credentials_missing, .why = "there is no token"};
}

// The keys may have been rotated, or are on their way at the start: waits for those that may come.
Task<Jwt::Finding> Jwt::examine_again(Exchange& exchange, Finding first) {
  const auto fetch = keys_.ask(*first.lacking, exchange.now());
  if (!fetch && keys_.latest() == *first.lacking) co_return first;
  if (fetch && !co_await exchange.wait_for(fetch)) co_return first;
  co_return examine(exchange);
}

// The fields are ours alone: whatever the client put there is gone, also where the token says nothing. What stands from
// `known` on other filters published.
void Jwt::tell_service(Exchange& exchange, const Claim* known) const {
  Headers& headers = exchange.request().headers;
  for (const auto& [header, name] : options_.claims_to_headers) {
    remove_vouched(headers, header);
    const Claim* first = nullptr;  // the latest stand in front
    for (const Claim* claim = exchange.claims(); claim != known; claim = claim->next) {
      if (claim->name == name) first = claim;
    }
    if (first != nullptr && is_field_value(first->value)) exchange.vouch(header, first->value);
  }
}

// RFC 6750 section 3: who showed nothing is not told of an error.
Response Jwt::refuse(Exchange& exchange, const Finding& finding) const {
  Response refused = exchange.fail(finding.failure, finding.why);
  const bool is_wrong = finding.failure == Failure::credentials_wrong;
  refused.headers().set("WWW-Authenticate", is_wrong ? "Bearer error=\"invalid_token\"" : "Bearer");
  return refused;
}

Task<Response> Jwt::handle(Exchange& exchange, Next next) {
  const Claim* const known = exchange.claims();
  Finding finding = examine(exchange);
  if (finding.lacking) finding = co_await examine_again(exchange, finding);
  if (finding.failure == Failure::none) {
    verdicts_.allow();
  } else if (verdicts_.refuse(exchange, options_.mode, finding.why)) {
    co_return refuse(exchange, finding);
  }
  tell_service(exchange, known);
  if (!options_.forward && finding.failure == Failure::none) {
    Headers& headers = exchange.request().headers;
    if (options_.cookie.empty()) {
      headers.remove(FieldId::authorization);
    } else {
      remove_cookie(headers, options_.cookie);
    }
  }
  co_return co_await next(exchange);
}

const FilterType kJwtType = {{"jwt", "Lets through who shows a signed token.", &config::schema_of<JwtOptions>, load},
                             make};

}  // namespace outrigger::filters
