#include "filters/jwt/key_source.h"

#include "base/secret.h"
#include "base/small_file.h"

namespace outrigger::filters {
namespace {

using base::crypto::VerificationKey;

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

bool is_url(std::string_view text) { return text.starts_with("http://") || text.starts_with("https://"); }

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
