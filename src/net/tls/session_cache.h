#pragma once

#include <array>
#include <cstddef>

struct ssl_st;
struct ssl_ctx_st;
struct ssl_session_st;

namespace outrigger::net::tls {

// The sessions that one server gave us, so that the next connection to it needs no key exchange and no check of the
// certificate: use one cache for one server name and one ClientContext. At most four, newest first out.
// A TLS 1.3 session is offered once (RFC 8446 appendix C.4), one of TLS 1.2 as long as it lives. Thread: its worker.
class SessionCache {
 public:
  SessionCache() = default;
  SessionCache(const SessionCache&) = delete;
  SessionCache& operator=(const SessionCache&) = delete;
  ~SessionCache();

  // Takes over `session`.
  void put(ssl_session_st* session);
  // Offers the newest session in the handshake that `connection` will begin, and keeps what the server gives it.
  // Until the connection ends the cache must live.
  void attach(ssl_st* connection);
  std::size_t size() const { return size_; }

 private:
  static constexpr std::size_t kMost = 4;
  std::array<ssl_session_st*, kMost> sessions_{};
  std::size_t size_ = 0;
};

// Lets connections of `context` hand their sessions to the cache they are attached to.
void keep_client_sessions(ssl_ctx_st* context);

}  // namespace outrigger::net::tls
