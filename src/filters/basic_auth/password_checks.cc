#include "filters/basic_auth/password_checks.h"

#include <cstring>

#include "base/crypto/password_hash.h"

namespace outrigger::filters {
namespace {

using namespace std::chrono_literals;
using base::crypto::Digest;

constexpr Duration kRightFor = 5min;
constexpr Duration kWrongFor = 10s;
constexpr std::size_t kMost = 10'000;
constexpr std::size_t kMostUnderWay = 1'000;  // more than can be queued

}  // namespace

PasswordCheck::~PasswordCheck() { base::crypto::wipe(credentials_.password); }

void PasswordCheck::run() noexcept {
  bool is_known = false;
  const std::string& hash = users_->hash_of(credentials_.user, is_known);
  const bool fits = base::crypto::verify_password(credentials_.password, hash);
  is_right_ = fits && is_known;
}

// The digest is keyed and as good as random: any part of it is a hash.
std::size_t PasswordChecks::Hash::operator()(const Digest& digest) const {
  std::size_t hash = 0;
  std::memcpy(&hash, digest.data(), sizeof hash);
  return hash;
}

PasswordChecks::PasswordChecks(std::shared_ptr<const UserFile> users, stats::Counter checks)
    : users_(std::move(users)), checks_(checks) {}

PasswordChecks::Known PasswordChecks::find(const Credentials& credentials, Instant now) {
  std::string text = credentials.user + ':' + credentials.password;
  Known known{.verdict = {}, .check = nullptr, .digest = base::crypto::hmac_sha256(key_, text)};
  base::crypto::wipe(text);
  const std::lock_guard lock(mutex_);
  if (const auto found = verdicts_.find(known.digest); found != verdicts_.end()) {
    if (found->second->until > now) {
      order_.splice(order_.begin(), order_, found->second);
      known.verdict = found->second->is_right;
      return known;
    }
    order_.erase(found->second);
    verdicts_.erase(found);
  }
  if (under_way_.size() >= kMostUnderWay) {  // of clients that left before their check was done
    std::erase_if(under_way_, [](const auto& entry) { return entry.second.expired(); });
  }
  auto& slot = under_way_[known.digest];
  known.check = slot.lock();
  if (known.check) return known;
  known.check = std::make_shared<PasswordCheck>(users_, credentials);
  slot = known.check;
  if (submit(known.check)) {
    checks_.add();
  } else {
    under_way_.erase(known.digest);
    known.check = nullptr;
  }
  return known;
}

void PasswordChecks::remember(const Digest& digest, bool is_right, Instant now) {
  const std::lock_guard lock(mutex_);
  std::erase_if(under_way_, [&](const auto& entry) { return entry.first == digest || entry.second.expired(); });
  if (verdicts_.contains(digest)) return;
  order_.push_front({digest, is_right, now + (is_right ? kRightFor : kWrongFor)});
  verdicts_[digest] = order_.begin();
  if (order_.size() <= kMost) return;
  verdicts_.erase(order_.back().digest);
  order_.pop_back();
}

std::size_t PasswordChecks::size() const {
  const std::lock_guard lock(mutex_);
  return order_.size();
}

}  // namespace outrigger::filters
