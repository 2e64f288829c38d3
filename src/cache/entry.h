#pragma once

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "cache/conditional.h"
#include "cache/content.h"
#include "cache/stored_head.h"
#include "cache/storing.h"
#include "cache/vary.h"

namespace outrigger::cache {

// Which answer is wanted, before the service had a say in it. Views, and the hash of `url`.
struct Key {
  std::string_view url;    // "https://host/path?query", in normal form
  std::string_view extra;  // the headers and cookies that the key has besides
  std::uint64_t hash = 0;
};

// A complete stored answer. Immutable but for what the store keeps in it; thread: any. Held by reference count: it goes
// when the store dropped it and the last client was served.
struct Entry {
  Entry(const Key& key, StoredHead stored_head)
      : url(key.url), extra(key.extra), hash(key.hash), head(std::move(stored_head)) {}

  std::string url, extra;
  std::uint64_t hash;
  StoredHead head;
  std::shared_ptr<const Content> content;
  std::uint64_t size = 0;  // of the content
  std::vector<VaryField> vary;
  std::vector<std::string> tags;  // surrogate keys
  Life life;
  Seconds age_at_arrival = 0;  // corrected, RFC 9111 section 4.2.3
  Seconds date = 0;
  Instant arrived;

  Seconds age(Instant now) const {
    return age_at_arrival +
           std::max<Seconds>(0, std::chrono::duration_cast<std::chrono::seconds>(now - arrived).count());
  }
  // Seconds that it is fresh for, negative: that it is stale.
  Seconds left(Instant now) const {
    return (is_soft_purged.load(std::memory_order_relaxed) ? 0 : life.lifetime) - age(now);
  }
  bool is_fresh(Instant now) const { return left(now) > 0; }
  Validators validators() const {
    return {head.status(), head.get(FieldId::etag), head.get(FieldId::last_modified), date};
  }
  // False: its Content-Length is not that of its content, and who gets it would take what follows for the rest.
  bool is_whole() const;
  // All that it holds of memory, what the store needs for it included.
  std::uint64_t memory() const;

  // The store's own.
  mutable std::atomic<bool> is_soft_purged{false};
  mutable std::atomic<std::uint8_t> uses{0};  // since it was last looked at for eviction, at most 3
};

}  // namespace outrigger::cache
