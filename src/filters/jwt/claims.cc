#include "filters/jwt/claims.h"

#include <algorithm>
#include <cmath>

namespace outrigger::filters {
namespace {

constexpr std::size_t kMostClaims = 256;
constexpr std::size_t kLongest = 1024;
constexpr double kLatestDate = 1e11;  // seconds; beyond it no clock of ours goes

bool is_one_of(std::string_view text, const std::vector<std::string>& wanted) {
  return std::ranges::find(wanted, text) != wanted.end();
}

bool has_audience(const base::Json* audience, const std::vector<std::string>& wanted) {
  if (audience == nullptr) return false;
  if (audience->is_text()) return is_one_of(audience->text, wanted);
  return std::ranges::any_of(audience->items,
                             [&](const base::Json& item) { return item.is_text() && is_one_of(item.text, wanted); });
}

// Seconds since 1970; not a number if the claim is none that a date can be.
double date_of(const base::Json& claim) {
  const bool is_date = claim.is_number() && claim.number >= 0 && claim.number < kLatestDate;
  return is_date ? claim.number : std::nan("");
}

std::string check_dates(const base::Json& claims, double now, double leeway) {
  const base::Json* const expires = claims.find("exp");
  if (expires == nullptr) return "it never expires (no exp)";
  if (!(now < date_of(*expires) + leeway)) return "it has expired (exp)";
  for (const char* name : {"nbf", "iat"}) {
    const base::Json* const from = claims.find(name);
    if (from != nullptr && !(date_of(*from) - leeway <= now)) return std::string("it is not valid yet (") + name + ")";
  }
  return "";
}

class Publisher {
 public:
  explicit Publisher(Exchange& exchange) : exchange_(exchange), arena_(exchange.arena()) {}

  void value(std::string_view name, const base::Json& json) {
    switch (json.kind) {
      case base::Json::Kind::list:
        for (const base::Json& item : json.items) value(name, item);
        break;
      case base::Json::Kind::object:
        for (const auto& [member, inner] : json.members) {
          value(name.empty() ? std::string_view(arena_.copy(member)) : arena_.concat(name, ".", member), inner);
        }
        break;
      case base::Json::Kind::null:
        break;
      default:
        add(name, json.text);
        if (name == "scope" || name == "scp") words(name, json.text);
    }
  }

 private:
  void add(std::string_view name, std::string_view text) {
    if (count_ == kMostClaims || text.size() > kLongest || name.size() > kLongest) return;
    ++count_;
    exchange_.add_claim(name, arena_.copy(text));
  }
  void words(std::string_view name, std::string_view text) {
    if (!text.contains(' ')) return;
    while (!text.empty()) {
      const auto blank = text.find(' ');
      if (blank != 0) add(name, text.substr(0, blank));
      text = blank == std::string_view::npos ? std::string_view() : text.substr(blank + 1);
    }
  }

  Exchange& exchange_;
  Arena& arena_;
  std::size_t count_ = 0;
};

}  // namespace

std::string check_claims(const base::Json& claims, const ClaimRules& rules, WallTime now) {
  using Seconds = std::chrono::duration<double>;
  const double seconds = std::chrono::duration_cast<Seconds>(now.time_since_epoch()).count();
  if (std::string error = check_dates(claims, seconds, Seconds(rules.leeway).count()); !error.empty()) return error;
  const bool is_ours = rules.issuers.empty() || is_one_of(claims.text_of("iss"), rules.issuers);
  if (!is_ours) return "it is of another issuer (iss)";
  const bool is_for_us = rules.audiences.empty() || has_audience(claims.find("aud"), rules.audiences);
  return is_for_us ? "" : "it is for another audience (aud)";
}

void publish_claims(Exchange& exchange, const base::Json& claims) {
  Publisher(exchange).value({}, claims);
  const std::string_view subject = claims.text_of("sub");
  if (!subject.empty() && subject.size() <= kLongest) exchange.set_user(exchange.arena().copy(subject));
}

}  // namespace outrigger::filters
