#pragma once

#include <expected>
#include <memory>
#include <string>

#include "base/remote_document.h"
#include "filters/jwt/key_set.h"

namespace outrigger::filters {

// Where keys come from: they are there, or are fetched again and again. Immutable; thread: any.
struct KeySource {
  std::shared_ptr<const KeySet> fixed;           // null: from `remote`
  std::shared_ptr<base::RemoteDocument> remote;  // a JWK set; may be null

  static std::expected<KeySource, std::string> of_secret(const std::string& reference);
  static std::expected<KeySource, std::string> of_file(const std::string& path);
  static KeySource of_url(const base::RemoteDocument::Rules& rules);
};
// Is it a URL, rather than a file?
bool is_url(std::string_view text);

// The keys of a source as one worker sees them: an atomic is read for each token, a lock taken when they changed.
class Keys {
 public:
  explicit Keys(std::shared_ptr<const KeySource> source) : source_(std::move(source)), keys_(source_->fixed) {}

  // Null: there are none. Good until the next call.
  const KeySet* now();
  // Which ones now() gave last, and which there are.
  std::uint64_t version() const { return version_; }
  std::uint64_t latest() const { return source_->remote ? source_->remote->version() : 0; }
  // Those of `version` are too few: a job whose end may bring others; null: none are to be expected soon.
  std::shared_ptr<Job> ask(std::uint64_t version, Instant now) const {
    return source_->remote ? source_->remote->ask(version, now) : nullptr;
  }
  // Why there are none; a sentence without full stop.
  std::string problem() const;

 private:
  std::shared_ptr<const KeySource> source_;
  std::shared_ptr<const KeySet> keys_;
  std::uint64_t version_ = 0;
};

}  // namespace outrigger::filters
