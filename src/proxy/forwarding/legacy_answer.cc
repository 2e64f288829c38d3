#include "proxy/forwarding/legacy_answer.h"

#include <algorithm>
#include <array>
#include <vector>

#include "http/field_list.h"
#include "outrigger/message.h"

namespace outrigger::proxy {

namespace {

bool starts_with_ignoring_case(std::string_view text, std::string_view start) {
  return equals_ignoring_case(text.substr(0, start.size()), start);
}

std::string_view without_default_port(std::string_view authority) {
  return authority.ends_with(":80") ? authority.substr(0, authority.size() - 3) : authority;
}

std::string_view without_last_slash(std::string_view path) {
  return path.ends_with('/') ? path.substr(0, path.size() - 1) : path;
}

class Corrector {
 public:
  Corrector(Headers& headers, const config::LegacyRewrite& rewrite, const PublicPlace& place)
      : headers_(headers), arena_(headers.arena()), rewrite_(rewrite), place_(place) {}

  void location() {
    const auto value = headers_.get(FieldId::location);
    if (!value) return;
    const std::string_view corrected = correct_url(*value);
    if (corrected.data() != value->data()) headers_.set("Location", corrected);
  }

  void cookies() {
    if (!headers_.has(FieldId::set_cookie)) return;
    std::vector<std::string_view> corrected;
    for (const Field& field : headers_) {
      if (field.id == FieldId::set_cookie) corrected.push_back(correct_cookie(field.value));
    }
    headers_.remove(FieldId::set_cookie);
    for (const std::string_view cookie : corrected) headers_.add("Set-Cookie", cookie);
  }

 private:
  bool is_own(std::string_view authority) const {
    const std::array known = {place_.authority, place_.endpoint, place_.host};
    const auto is_it = [&](std::string_view name) {
      return !name.empty() && equals_ignoring_case(without_default_port(name), without_default_port(authority));
    };
    return std::ranges::any_of(known, is_it) || std::ranges::any_of(rewrite_.hosts, is_it);
  }
  bool is_own_domain(std::string_view domain) const {
    if (domain.starts_with('.')) domain.remove_prefix(1);
    const std::array known = {place_.endpoint, place_.host};
    const auto is_it = [&](std::string_view name) { return equals_ignoring_case(host_of(name), domain); };
    return std::ranges::any_of(known, is_it) || std::ranges::any_of(rewrite_.hosts, is_it);
  }

  // `path` with what follows it.
  std::string_view map(std::string_view path) const {
    if (!rewrite_.path) return path;
    const std::string_view from = without_last_slash(rewrite_.path->from);
    const std::string_view to = without_last_slash(rewrite_.path->to);
    if (!path.starts_with(from)) return path;
    const std::string_view rest = path.substr(from.size());
    const bool is_segment = rest.empty() || rest.front() == '/' || rest.front() == '?' || rest.front() == '#';
    if (!is_segment) return path;
    return to.empty() && !rest.starts_with('/') ? arena_.concat("/", rest) : arena_.concat(to, rest);
  }

  // A URL of the service itself becomes the client's; where it says https, that was meant.
  std::string_view correct_url(std::string_view url) const {
    const bool is_https = starts_with_ignoring_case(url, "https://");
    const bool is_http = starts_with_ignoring_case(url, "http://");
    if (!is_https && !is_http && !url.starts_with("//")) return url.starts_with('/') ? map(url) : url;
    const std::string_view behind = url.substr(url.find("//") + 2);
    const std::string_view authority = behind.substr(0, behind.find_first_of("/?#"));
    if (place_.authority.empty() || !is_own(authority)) return url;
    const std::string_view rest = behind.substr(authority.size());
    const std::string_view path = rest.starts_with('/') ? map(rest) : arena_.concat(map("/"), rest);
    return arena_.concat(is_https ? "https" : place_.scheme, "://", place_.authority, path);
  }

  // One attribute with its semicolon; empty: it goes.
  std::string_view correct_attribute(std::string_view text) const {
    const std::string_view attribute = http::trimmed(text);
    const auto equals = attribute.find('=');
    const std::string_view name = http::trimmed(attribute.substr(0, equals));
    const std::string_view value =
        equals == std::string_view::npos ? std::string_view{} : http::trimmed(attribute.substr(equals + 1));
    if (equals_ignoring_case(name, "Domain") && is_own_domain(value)) return {};
    if (equals_ignoring_case(name, "Path") && value.starts_with('/')) return arena_.concat("; Path=", map(value));
    return arena_.concat("; ", attribute);
  }

  std::string_view correct_cookie(std::string_view cookie) const {
    const auto end = cookie.find(';');
    std::string_view made = cookie.substr(0, end);
    std::string_view rest = end == std::string_view::npos ? std::string_view{} : cookie.substr(end + 1);
    bool is_secure = false;
    bool says_site = false;
    while (!rest.empty()) {
      const auto next = rest.find(';');
      const std::string_view attribute = http::trimmed(rest.substr(0, next));
      rest = next == std::string_view::npos ? std::string_view{} : rest.substr(next + 1);
      is_secure = is_secure || equals_ignoring_case(attribute, "Secure");
      says_site = says_site || starts_with_ignoring_case(attribute, "SameSite");
      if (!attribute.empty()) made = arena_.concat(made, correct_attribute(attribute));
    }
    if (!is_secure && rewrite_.secure && place_.scheme == "https") made = arena_.concat(made, "; Secure");
    return says_site || !rewrite_.same_site ? made : arena_.concat(made, "; SameSite=", site());
  }

  std::string_view site() const {
    switch (*rewrite_.same_site) {
      case config::SameSite::strict:
        return "Strict";
      case config::SameSite::lax:
        return "Lax";
      case config::SameSite::none:
        break;
    }
    return "None";
  }

  Headers& headers_;
  Arena& arena_;
  const config::LegacyRewrite& rewrite_;
  const PublicPlace& place_;
};

}  // namespace

void correct_answer(Headers& headers, const config::LegacyRewrite& rewrite, const PublicPlace& place) {
  Corrector corrector(headers, rewrite, place);
  corrector.location();
  corrector.cookies();
}

}  // namespace outrigger::proxy
