#pragma once

#include <array>
#include <chrono>
#include <expected>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

struct ssl_ctx_st;

namespace outrigger::net::tls {

// What session tickets are sealed with (RFC 5077 section 4): the first key seals, all of them open. Own ones change
// every six hours and are kept for as long again, so that who gets at the memory reads half a day of old sessions at
// most. Those of a file stay until the file changes; replicas with the same file take up each other's sessions. Thread:
// any; a short lock for each handshake.
class TicketKeys {
 public:
  using Clock = std::chrono::steady_clock;
  static constexpr std::chrono::hours kPeriod{6};

  struct Key {
    std::array<unsigned char, 16> name;
    std::array<unsigned char, 32> cipher, mac;  // AES-256-CBC, HMAC-SHA-256
  };

  // Random ones that rotate.
  TicketKeys();
  ~TicketKeys();
  TicketKeys(const TicketKeys&) = delete;
  TicketKeys& operator=(const TicketKeys&) = delete;
  // A line for each key: 160 hexadecimal digits (`openssl rand -hex 80`); at most 16. The error is a few words.
  static std::expected<std::unique_ptr<TicketKeys>, std::string> parse(std::string_view text);

  // The key that seals at `now`.
  Key current(Clock::time_point now);
  // The key of that name; false if it is not known (any more). `is_current`: no need for a new ticket.
  bool find(const unsigned char* name, Clock::time_point now, Key& found, bool& is_current);

  // Lets connections of `context` use the keys, which must outlive it.
  void serve(ssl_ctx_st* context);

 private:
  explicit TicketKeys(std::vector<Key> keys);
  void rotate(Clock::time_point now);

  const bool rotates_;
  std::mutex mutex_;
  std::vector<Key> keys_;        // guarded by mutex_
  Clock::time_point made_at_{};  // of the first; guarded by mutex_
};

}  // namespace outrigger::net::tls
