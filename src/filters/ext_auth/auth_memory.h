#pragma once

#include <memory>
#include <mutex>
#include <string>

#include "filters/ext_auth/auth_answer.h"
#include "filters/recent.h"

namespace outrigger::filters {

// Answers of the authorisation server, by the question's HMAC under a key of this object's own. Shared by the workers;
// thread: any, one short lock. Memory: at most `most` answers, the least recently used goes.
class AuthMemory {
 public:
  AuthMemory(std::size_t most, Duration ttl) : ttl_(ttl), answers_(most) {}

  base::crypto::Digest digest(std::string_view question) const { return base::crypto::hmac_sha256(key_, question); }
  // Null: unknown.
  std::shared_ptr<const AuthAnswer> find(const base::crypto::Digest& question, Instant now) {
    const std::lock_guard lock(mutex_);
    return answers_.find(question, now).value_or(nullptr);
  }
  void keep(const base::crypto::Digest& question, std::shared_ptr<const AuthAnswer> answer, Instant now) {
    const std::lock_guard lock(mutex_);
    answers_.put(question, std::move(answer), now + ttl_);
  }

 private:
  const std::string key_ = base::crypto::random_bytes(32);
  const Duration ttl_;
  std::mutex mutex_;
  Recent<std::shared_ptr<const AuthAnswer>> answers_;  // guarded by mutex_
};

}  // namespace outrigger::filters
