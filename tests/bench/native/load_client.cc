#include "load_client.h"

#include <array>
#include <vector>

#include "message.h"
#include "socket.h"
#include "tls.h"

namespace bench {

namespace {

// Tickets for later connections; each is good for one (RFC 8446 appendix C.4).
std::vector<SSL_SESSION*>& tickets() {
  static std::vector<SSL_SESSION*> kept;
  return kept;
}

int keep_ticket(SSL*, SSL_SESSION* session) {
  constexpr std::size_t kMost = 4096;
  if (tickets().size() == kMost) return 0;
  tickets().push_back(session);
  return 1;
}

void use_ticket(SSL_CTX* context, SSL* session) {
  SSL_CTX_set_session_cache_mode(context, SSL_SESS_CACHE_CLIENT | SSL_SESS_CACHE_NO_INTERNAL);
  SSL_CTX_sess_set_new_cb(context, &keep_ticket);
  if (tickets().empty()) return;
  SSL_set_session(session, tickets().back());
  SSL_SESSION_free(tickets().back());
  tickets().pop_back();
}

}  // namespace

Outcome Client::begin(Clock::time_point since) {
  since_ = since;
  running_ = true;
  reused_ = is_open();
  wrong_ = head_done_ = awaits_close_ = hung_up_ = false;
  sent_ = body_ = 0;
  head_.clear();
  if (!is_open()) return connect();
  return write();
}

Outcome Client::connect() {
  fd_ = begin_connect(options_.port);
  if (fd_ < 0) return ended();
  ++connections_;
  ready_ = tls_ == nullptr;
  if (tls_ != nullptr) {
    session_ = SSL_new(tls_);
    SSL_set_fd(session_, fd_);
    SSL_set_connect_state(session_);
    if (options_.resume) use_ticket(tls_, session_);
  }
  watch(epoll_, fd_, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, this);
  return Outcome::waiting;  // the first event says that it is connected
}

Outcome Client::go_on(bool hung_up) {
  hung_up_ = hung_up;
  if (!is_open()) return Outcome::waiting;
  if (!ready_) {
    const int outcome = tls_outcome(session_, SSL_do_handshake(session_));
    if (outcome < 0) return ended();
    if (outcome == 0) return Outcome::waiting;
    ready_ = true;
    resumed_ += SSL_session_reused(session_) == 1 ? 1 : 0;
  }
  return running_ && !awaits_close_ ? write() : read();
}

ssize_t Client::send(std::string_view bytes) {
  if (session_ == nullptr) {
    const auto sent = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    return sent >= 0 ? sent : would_block() ? 0 : -1;
  }
  const int sent = SSL_write(session_, bytes.data(), static_cast<int>(bytes.size()));
  return sent > 0 ? sent : tls_outcome(session_, sent);
}

ssize_t Client::receive(char* into, std::size_t size) {
  if (session_ == nullptr) {
    const auto got = ::recv(fd_, into, size, 0);
    return got > 0 ? got : got < 0 && would_block() ? 0 : -1;
  }
  const int got = SSL_read(session_, into, static_cast<int>(size));
  return got > 0 ? got : tls_outcome(session_, got);
}

Outcome Client::write() {
  const std::uint64_t total = options_.head.size() + options_.upload;
  while (sent_ < total) {
    const bool in_head = sent_ < options_.head.size();
    const std::string_view rest = in_head
                                      ? std::string_view(options_.head).substr(sent_)
                                      : std::string_view(pattern()).substr(sent_ - options_.head.size(), total - sent_);
    const auto sent = send(rest);
    if (sent < 0) break;  // the answer, or the end, is still to be read
    if (sent == 0) break;
    sent_ += static_cast<std::uint64_t>(sent);
  }
  return read();
}

Outcome Client::read() {
  static std::array<char, 256 * 1024> buffer;
  for (;;) {
    const auto got = receive(buffer.data(), buffer.size());
    if (got < 0) return ended();
    if (got == 0) return Outcome::waiting;
    if (!running_ || awaits_close_) continue;
    const auto size = static_cast<std::size_t>(got);
    if (take({buffer.data(), size})) {
      if (!options_.close) return complete();
      awaits_close_ = true;
    }
    // A short read: the next edge tells, unless the FIN came with these bytes.
    if (session_ == nullptr && size < buffer.size() && !hung_up_) return Outcome::waiting;
  }
}

bool Client::take(std::string_view bytes) {
  if (!head_done_) {
    const std::size_t before = head_.size();
    head_.append(bytes);
    const std::size_t size = head_size(head_);
    if (size == 0) return false;
    head_done_ = true;
    head_.resize(size);
    bytes.remove_prefix(size - before);
    wrong_ = !head_.starts_with("HTTP/1.1 200 ") || content_length(head_) != options_.expect;
  }
  if (!matches_pattern(body_, bytes)) wrong_ = true;
  body_ += bytes.size();
  return wrong_ || body_ >= options_.expect;
}

Outcome Client::complete() {
  running_ = false;
  if (wrong_ || body_ != options_.expect || asks_to_close(head_)) close();
  return wrong_ || body_ != options_.expect ? Outcome::wrong : Outcome::done;
}

Outcome Client::ended() {
  const bool was_running = running_;
  const bool answered = awaits_close_;
  const bool nothing_came = head_.empty();
  close();
  if (!was_running) return Outcome::closed_idle;
  running_ = false;
  if (answered) return complete();
  return reused_ && nothing_came ? Outcome::closed : Outcome::failed;
}

void Client::close() {
  if (session_ != nullptr) {
    SSL_set_shutdown(session_, SSL_SENT_SHUTDOWN | SSL_RECEIVED_SHUTDOWN);  // else the session counts as broken
    SSL_free(session_);
  }
  session_ = nullptr;
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

}  // namespace bench
