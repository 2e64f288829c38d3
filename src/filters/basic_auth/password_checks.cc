#include "filters/basic_auth/password_checks.h"

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

PasswordChecks::PasswordChecks(std::shared_ptr<const UserFile> users, stats::Counter checks)
    : users_(std::move(users)), checks_(checks), verdicts_(kMost) {}

PasswordChecks::Known PasswordChecks::find(const Credentials& credentials, Instant now) {
  std::string text = credentials.user + ':' + credentials.password;
  Known known{.verdict = {}, .check = nullptr, .digest = base::crypto::hmac_sha256(key_, text)};
  base::crypto::wipe(text);
  const std::lock_guard lock(mutex_);
  known.verdict = verdicts_.find(known.digest, now);
  if (known.verdict) return known;
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
  verdicts_.put(digest, is_right, now + (is_right ? kRightFor : kWrongFor));
}

std::size_t PasswordChecks::size() const {
  const std::lock_guard lock(mutex_);
  return verdicts_.size();
}

}  // namespace outrigger::filters
