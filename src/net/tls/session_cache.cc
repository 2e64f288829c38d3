#include "net/tls/session_cache.h"

#include <openssl/ssl.h>

#include <algorithm>

namespace outrigger::net::tls {

namespace {

int cache_index() {
  static const int index = SSL_get_ex_new_index(0, nullptr, nullptr, nullptr, nullptr);
  return index;
}

int on_new_session(SSL* connection, SSL_SESSION* session) {
  auto* cache = static_cast<SessionCache*>(SSL_get_ex_data(connection, cache_index()));
  if (cache == nullptr) return 0;
  cache->put(session);
  return 1;  // ours now
}

}  // namespace

SessionCache::~SessionCache() {
  for (std::size_t i = 0; i < size_; ++i) SSL_SESSION_free(sessions_[i]);
}

void SessionCache::put(ssl_session_st* session) {
  if (size_ == kMost) {
    SSL_SESSION_free(sessions_.front());
    std::shift_left(sessions_.begin(), sessions_.end(), 1);
    --size_;
  }
  sessions_[size_++] = session;
}

void SessionCache::attach(ssl_st* connection) {
  SSL_set_ex_data(connection, cache_index(), this);
  while (size_ > 0) {
    SSL_SESSION* newest = sessions_[size_ - 1];
    const bool good = SSL_SESSION_is_resumable(newest) == 1 && SSL_set_session(connection, newest) == 1;
    const bool once = SSL_SESSION_get_protocol_version(newest) >= TLS1_3_VERSION;
    if (good && !once) return;
    SSL_SESSION_free(newest);
    --size_;
    if (good) return;
  }
}

void keep_client_sessions(ssl_ctx_st* context) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, &on_new_session);
}

}  // namespace outrigger::net::tls
