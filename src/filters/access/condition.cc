#include "filters/access/condition.h"

#include <algorithm>
#include <array>

#include "base/glob.h"
#include "outrigger/grammar.h"

namespace outrigger::filters {
namespace {

std::string check_cidr(const std::string& text) {
  const auto parsed = base::Cidr::parse(text);
  return parsed ? "" : parsed.error();
}

std::string check_method(const std::string& text) {
  if (!is_token(text)) return "\"" + text + "\" is no method";
  const bool is_upper = std::ranges::none_of(text, [](char c) { return c >= 'a' && c <= 'z'; });
  return is_upper ? "" : "methods are upper case: \"" + text + "\" never matches";
}

std::string check_regex(const std::string& pattern) {
  const auto compiled = base::Regex::compile(pattern);
  return compiled ? "" : "is no regular expression: " + compiled.error();
}

std::string check_header(const AccessCondition& condition) {
  const bool has_host = std::ranges::any_of(
      condition.header, [](const auto& wanted) { return equals_ignoring_case(wanted.first, "host"); });
  return has_host ? "asks for the field Host: write `host`, which also knows other ways to write a name" : "";
}

std::string check_host(const std::string& text) {
  const bool is_bare = !text.empty() && !text.contains('/') && (!text.contains(':') || text.starts_with('['));
  return is_bare ? "" : "\"" + text + "\" is no host: write a name or an address, without port";
}

std::string lower(std::string_view text) {
  std::string made(text);
  for (char& c : made) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c;
  return made;
}

bool fits_one(const std::vector<std::string>& patterns, std::string_view text) {
  return std::ranges::any_of(patterns,
                             [text](const std::string& pattern) { return base::matches_glob(pattern, text); });
}

bool fits_any(const std::vector<std::string>& patterns, const std::vector<std::string>& texts) {
  return std::ranges::any_of(texts, [&](const std::string& text) { return fits_one(patterns, text); });
}

bool has_claim(const Exchange& exchange, std::string_view name, const std::vector<std::string>& patterns) {
  for (const Claim* claim = exchange.claims(); claim != nullptr; claim = claim->next) {
    if (claim->name == name && fits_one(patterns, claim->value)) return true;
  }
  return false;
}

}  // namespace

void describe(config::Schema<TextList>& schema) {
  schema.summary("Texts, `*` standing for any characters; one of them must fit.");
  schema.shorthand("any_of");
  schema.field("any_of", &TextList::any_of, "The texts.").required().one_or_many();
}

void describe(config::Schema<HeaderCondition>& schema) {
  schema.summary("A condition on a header field. A text or a list is short for `any_of`.");
  schema.shorthand("any_of");
  schema.field("any_of", &HeaderCondition::any_of, "The value is one of these, `*` standing for any characters.")
      .one_or_many();
  schema.field("regex", &HeaderCondition::regex, "The whole value matches (RE2).").check_text(check_regex);
  schema.field("present", &HeaderCondition::present, "false: must be absent.");
  schema.check([](const HeaderCondition& header) -> std::string {
    if (!header.any_of.empty() && header.regex) return "has both any_of and regex: keep one";
    if (!header.present && (!header.any_of.empty() || header.regex)) return "cannot be absent and have a value";
    return "";
  });
}

void describe(config::Schema<CertificateCondition>& schema) {
  schema.summary("A condition on the client's certificate, verified by the listener. A text is short for `san`.");
  schema.shorthand("san");
  schema.field("san", &CertificateCondition::san, "A URI, DNS name or e-mail address in it; `*`: any characters.")
      .one_or_many()
      .example("spiffe://prod/*");
  schema.field("common_name", &CertificateCondition::common_name, "CN of its subject; `*`: any characters.")
      .one_or_many();
  schema.field("fingerprint", &CertificateCondition::fingerprint, "Its SHA-256, 64 lower-case hexadecimal digits.")
      .one_or_many();
}

void describe(config::Schema<AccessCondition>& schema) {
  schema.summary("What a request must be: all of these, of a list one. `{}` is every request.");
  schema.field("client", &AccessCondition::client, "CIDR blocks of the client's address, behind trusted_proxies.")
      .one_or_many()
      .check_text(check_cidr)
      .example("[10.0.0.0/8, ::1]");
  schema.field("method", &AccessCondition::method, "Methods.").one_or_many().check_text(check_method);
  schema.field("host", &AccessCondition::host, "Names of the host, without port; case and a last dot do not count.")
      .one_or_many()
      .check_text(check_host)
      .example("[admin.example, '*.internal']");
  schema.field("path", &AccessCondition::path, "Paths; a text is a prefix.").one_or_many().example("/admin");
  schema.field("header", &AccessCondition::header, "Fields of the request, all of them.");
  schema.field("client_cert", &AccessCondition::client_cert, "The client's verified certificate.");
  schema.field("claim", &AccessCondition::claim, "Claims of the token that `jwt` verified, all of them.");
  schema.field("user", &AccessCondition::user, "User that `basic_auth`, `api_key` or `jwt` verified; `*`: any.")
      .one_or_many();
  schema.check(check_header);
}

ConditionMatcher::ConditionMatcher(const AccessCondition& condition, Readings readings)
    : condition_(condition), readings_(readings) {
  for (const std::string& block : condition.client) client_.push_back(base::Cidr::parse(block).value());
  for (std::string& host : condition_.host) host = lower(host);
  const auto letters = readings == Readings::any ? PathRule::Case::any : PathRule::Case::exact;
  for (const PathCondition& path : condition.path) path_.emplace_back(path, letters);
  for (const auto& [name, wanted] : condition.header) {
    Header& header = header_.emplace_back(name, wanted, std::nullopt);
    if (wanted.regex) header.regex = base::Regex::compile(*wanted.regex).value();
  }
}

bool ConditionMatcher::Header::matches(std::string_view value) const {
  if (regex) return regex->matches(value);
  return condition.any_of.empty() || fits_one(condition.any_of, value);
}

bool ConditionMatcher::matches_client(const Exchange& exchange) const {
  std::array<std::byte, 16> storage;
  const auto bytes = base::ip_bytes(exchange.client_ip(), storage);
  return !bytes.empty() && std::ranges::any_of(client_, [&](const base::Cidr& block) { return block.contains(bytes); });
}

// RFC 1034 section 3.1: "a.example." is the same name, written whole.
bool ConditionMatcher::matches_host(std::string_view host) const {
  while (host.ends_with('.')) host.remove_suffix(1);
  return fits_one(condition_.host, lower(host));
}

bool ConditionMatcher::matches_path(const PathForms& path) const {
  const auto fits = [this](std::string_view form) {
    return std::ranges::any_of(path_, [form](const PathRule& rule) { return rule.matches(form); });
  };
  if (readings_ == Readings::any) return fits(path.sent) || fits(path.lenient);
  return fits(path.sent) && fits(path.lenient);
}

bool ConditionMatcher::matches_header(const Header& header, const Exchange& exchange) const {
  std::size_t found = 0;
  std::size_t fitting = 0;
  for (const Field& field : exchange.request().headers) {
    if (!equals_ignoring_case(field.name, header.name)) continue;
    ++found;
    if (header.matches(field.value)) ++fitting;
  }
  if (!header.condition.present) return found == 0;
  return readings_ == Readings::any ? fitting > 0 : found > 0 && fitting == found;
}

bool ConditionMatcher::matches_certificate(const ClientCertificate* certificate) const {
  if (!condition_.client_cert) return true;
  if (certificate == nullptr) return false;
  const CertificateCondition& wanted = *condition_.client_cert;
  if (!wanted.common_name.empty() && !fits_one(wanted.common_name, certificate->common_name)) return false;
  if (!wanted.fingerprint.empty() && !fits_one(wanted.fingerprint, certificate->fingerprint)) return false;
  return wanted.san.empty() || fits_any(wanted.san, certificate->uri) || fits_any(wanted.san, certificate->dns) ||
         fits_any(wanted.san, certificate->email);
}

bool ConditionMatcher::matches(const Exchange& exchange, const PathForms& path) const {
  if (!client_.empty() && !matches_client(exchange)) return false;
  const std::string_view method = exchange.request().method_token;
  if (!condition_.method.empty() && std::ranges::find(condition_.method, method) == condition_.method.end())
    return false;
  if (!condition_.host.empty() && !matches_host(exchange.request().host())) return false;
  if (!path_.empty() && !matches_path(path)) return false;
  if (!std::ranges::all_of(header_, [&](const Header& header) { return matches_header(header, exchange); }))
    return false;
  if (!matches_certificate(exchange.client_certificate())) return false;
  for (const auto& [name, wanted] : condition_.claim) {
    if (!has_claim(exchange, name, wanted.any_of)) return false;
  }
  return condition_.user.empty() || (!exchange.user().empty() && fits_one(condition_.user, exchange.user()));
}

}  // namespace outrigger::filters
