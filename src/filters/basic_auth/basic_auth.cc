#include "filters/basic_auth/basic_auth.h"

#include "base/small_file.h"
#include "outrigger/grammar.h"

namespace outrigger::filters {
namespace {

std::unique_ptr<Filter> make(const void* options, FilterContext& context) {
  return std::make_unique<BasicAuth>(*static_cast<const BasicAuthOptions*>(options), context);
}

std::expected<std::shared_ptr<const void>, std::string> load(const void* options) {
  const std::string path = base::file_path(static_cast<const BasicAuthOptions*>(options)->users);
  auto text = base::read_small_file(path);
  if (!text) return std::unexpected(text.error());
  auto file = UserFile::parse(*text);
  if (!file) return std::unexpected(path + ": " + file.error());
  return std::make_shared<UserFile>(std::move(*file));
}

std::string check_realm(const std::string& text) {
  const bool is_good = is_field_value(text) && !text.contains('"') && !text.contains('\\');
  return is_good ? "" : "a realm has no quotes, backslashes or control characters";
}

std::string_view why_of(Failure failure) {
  switch (failure) {
    case Failure::credentials_missing:
      return "there are no readable Basic credentials";
    case Failure::credentials_wrong:
      return "user or password is wrong";
    case Failure::overloaded:
      return "too many passwords wait to be checked";
    default:
      return "the password was not checked in time";
  }
}

}  // namespace

void describe(config::Schema<BasicAuthOptions>& schema) {
  schema.summary("Lets through who shows name and password of a user in an htpasswd file.");
  schema.field("users", &BasicAuthOptions::users, "htpasswd file with bcrypt or sha512-crypt hashes.")
      .required()
      .file()
      .example("file:/etc/outrigger/htpasswd");
  schema.field("realm", &BasicAuthOptions::realm, "What the browser says it asks the password for.")
      .check_text(check_realm);
  schema.field("forward", &BasicAuthOptions::forward, "Let the service see the credentials.");
  describe_mode(schema, &BasicAuthOptions::mode);
}

BasicAuth::BasicAuth(const BasicAuthOptions& options, FilterContext& context)
    : options_(options),
      challenge_("Basic realm=\"" + options.realm + "\", charset=\"UTF-8\""),
      verdicts_("basic_auth", context) {
  const auto users = context.loaded<UserFile>();
  const auto checks = stats::counter("outrigger_password_checks_total", "Passwords that were hashed and compared.",
                                     {{"place", std::string(context.place)}});
  checks_ = context.shared<PasswordChecks>("basic_auth " + base::crypto::to_hex(users->digest()),
                                           [&] { return std::make_shared<PasswordChecks>(users, checks); });
}

Task<Failure> BasicAuth::check(Exchange& exchange, Credentials credentials) {
  PasswordChecks::Known known = checks_->find(credentials, exchange.now());
  base::crypto::wipe(credentials.password);
  if (!known.verdict) {
    if (!known.check) co_return Failure::overloaded;
    if (!co_await exchange.wait_for(known.check)) co_return Failure::request_timeout;
    known.verdict = known.check->is_right();
    checks_->remember(known.digest, *known.verdict, exchange.now());
  }
  co_return *known.verdict ? Failure::none : Failure::credentials_wrong;
}

Response BasicAuth::refuse(Exchange& exchange, Failure failure, std::string_view why) const {
  Response refused = exchange.fail(failure, why);
  if (refused.status() == 401) refused.headers().set("WWW-Authenticate", challenge_);
  if (failure == Failure::overloaded) refused.headers().set("Retry-After", "1");
  return refused;
}

Task<Response> BasicAuth::handle(Exchange& exchange, Next next) {
  auto credentials = basic_credentials(exchange.request().headers);
  Failure failure = Failure::credentials_missing;
  if (credentials) {
    const std::string_view user = exchange.arena().copy(credentials->user);
    failure = co_await check(exchange, std::move(*credentials));
    if (failure == Failure::none) exchange.set_user(user);
  }
  if (failure == Failure::none) {
    verdicts_.allow();
  } else if (verdicts_.refuse(exchange, options_.mode, why_of(failure))) {
    co_return refuse(exchange, failure, why_of(failure));
  }
  const bool is_verified = failure == Failure::none;
  if (is_verified && !options_.forward) exchange.request().headers.remove(FieldId::authorization);
  co_return co_await next(exchange);
}

const FilterType kBasicAuthType = {
    {"basic_auth", "Lets through who shows name and password.", &config::schema_of<BasicAuthOptions>, load}, make};

}  // namespace outrigger::filters
