#include "filters/jwt/key_source.h"

#include "base/secret.h"
#include "base/small_file.h"
#include "outrigger/grammar.h"

namespace outrigger::filters {
namespace {

using base::crypto::VerificationKey;

constexpr std::string_view kPlain = "http://";
constexpr std::string_view kSecure = "https://";

std::expected<std::shared_ptr<const void>, std::string> parse(std::string_view text) {
  auto keys = KeySet::parse_jwks(text);
  if (!keys) return std::unexpected(keys.error());
  return std::make_shared<KeySet>(std::move(*keys));
}

}  // namespace

std::expected<KeySource, std::string> KeySource::of_secret(const std::string& reference) {
  auto secret = base::resolve_secret(reference);
  if (!secret) return std::unexpected(secret.error());
  auto key = VerificationKey::from_secret(std::move(*secret));
  if (!key) return std::unexpected("secret: " + key.error());
  return KeySource{std::make_shared<KeySet>(KeySet::of(std::move(*key))), nullptr};
}

std::expected<KeySource, std::string> KeySource::of_file(const std::string& path) {
  const auto text = base::read_small_file(path);
  if (!text) return std::unexpected(text.error());
  auto keys = KeySet::parse_jwks(*text);
  if (!keys) return std::unexpected(path + " " + keys.error());
  return KeySource{std::make_shared<KeySet>(std::move(*keys)), nullptr};
}

KeySource KeySource::of_url(const base::RemoteDocument::Rules& rules) {
  return {nullptr, base::RemoteDocument::find_or_make(rules, &parse)};
}

bool is_url(std::string_view text) { return text.starts_with(kPlain) || text.starts_with(kSecure); }

std::string check_url(const std::string& text) {
  if (!is_url(text)) return "";
  const std::string_view rest = std::string_view(text).substr((text.starts_with(kSecure) ? kSecure : kPlain).size());
  const auto slash = rest.find_first_of("/?");
  const std::string_view target = slash == std::string_view::npos ? "/" : rest.substr(slash);
  const bool is_good = is_authority(rest.substr(0, slash)) && is_target(target.starts_with('?') ? "/" : target);
  return is_good ? "" : "is no URL that keys can be fetched from";
}

const KeySet* Keys::now() {
  if (latest() != version_) {
    version_ = latest();
    keys_ = std::static_pointer_cast<const KeySet>(source_->remote->content());
  }
  return keys_.get();
}

std::string Keys::problem() const {
  return "there are no keys: " + source_->remote->rules().url + ": " + source_->remote->problem();
}

}  // namespace outrigger::filters
