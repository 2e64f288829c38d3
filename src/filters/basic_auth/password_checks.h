#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "base/crypto/digest.h"
#include "filters/basic_auth/credentials.h"
#include "filters/basic_auth/user_file.h"
#include "filters/recent.h"
#include "outrigger/background.h"
#include "outrigger/clock.h"
#include "outrigger/stats.h"

namespace outrigger::filters {

// One check of a password by a helper thread.
class PasswordCheck final : public Job {
 public:
  PasswordCheck(std::shared_ptr<const UserFile> users, Credentials credentials)
      : users_(std::move(users)), credentials_(std::move(credentials)) {}
  ~PasswordCheck() override;
  // Valid once done.
  bool is_right() const { return is_right_; }

 private:
  void run() noexcept override;
  std::shared_ptr<const UserFile> users_;
  Credentials credentials_;
  bool is_right_ = false;
};

// What is known about credentials, so that their slow check happens once: verdicts for a while, and the checks that are
// under way, which all who show the same credentials share. Nothing that was shown is kept, only its HMAC under a key
// of this object's own. For one content of the file; shared by the workers. Thread: any, one short lock. Memory: at
// most 10,000 verdicts, the least recently used goes.
class PasswordChecks {
 public:
  PasswordChecks(std::shared_ptr<const UserFile> users, stats::Counter checks);

  struct Known {
    std::optional<bool> verdict;           // absent: ask `check`
    std::shared_ptr<PasswordCheck> check;  // null with no verdict: too many checks are queued
    base::crypto::Digest digest;
  };
  Known find(const Credentials& credentials, Instant now);
  // The verdict of a finished check.
  void remember(const base::crypto::Digest& digest, bool is_right, Instant now);
  std::size_t size() const;

 private:
  std::shared_ptr<const UserFile> users_;
  stats::Counter checks_;
  const std::string key_ = base::crypto::random_bytes(32);
  mutable std::mutex mutex_;
  Recent<bool> verdicts_;                                                                         // guarded by mutex_
  std::unordered_map<base::crypto::Digest, std::weak_ptr<PasswordCheck>, DigestHash> under_way_;  // guarded by mutex_
};

}  // namespace outrigger::filters
