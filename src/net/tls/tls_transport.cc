#include "net/tls/tls_transport.h"

#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>
#include <sys/socket.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <utility>

#include "net/tls/client_certificate.h"

namespace outrigger::net::tls {

namespace {

constexpr std::size_t kRecord = SSL3_RT_MAX_PLAIN_LENGTH;

IoResult failed(int error) { return {IoResult::State::error, 0, error}; }

// A position in a list of pieces.
class Gather {
 public:
  explicit Gather(std::span<const iovec> pieces) : pieces_(pieces) { skip_empty(); }

  bool done() const { return pieces_.empty(); }
  std::size_t left() const {
    std::size_t bytes = 0;
    for (const iovec& piece : pieces_) bytes += piece.iov_len;
    return bytes - offset_;
  }
  // The next record's bytes, without moving on: in place when one piece fills it or is the last, else copied together.
  std::span<const char> record(std::array<char, kRecord>& scratch) const {
    const iovec& first = pieces_.front();
    const auto* start = static_cast<const char*>(first.iov_base) + offset_;
    const std::size_t size = first.iov_len - offset_;
    if (size >= kRecord || pieces_.size() == 1) return {start, std::min(size, kRecord)};
    std::memcpy(scratch.data(), start, size);
    std::size_t filled = size;
    for (const iovec& piece : pieces_.subspan(1)) {
      const std::size_t part = std::min(piece.iov_len, kRecord - filled);
      if (part > 0) std::memcpy(scratch.data() + filled, piece.iov_base, part);
      filled += part;
    }
    return {scratch.data(), filled};
  }
  void advance(std::size_t bytes) {
    offset_ += bytes;
    skip_empty();
  }

 private:
  void skip_empty() {
    while (!pieces_.empty() && offset_ >= pieces_.front().iov_len) {
      offset_ -= pieces_.front().iov_len;
      pieces_ = pieces_.subspan(1);
    }
  }
  std::span<const iovec> pieces_;
  std::size_t offset_ = 0;
};

// Most calls find the queue empty, which is cheaper to see than to clear.
void clear_errors() {
  if (ERR_peek_error() != 0) ERR_clear_error();
}

}  // namespace

void TlsTransport::FreeSession::operator()(ssl_st* session) const { SSL_free(session); }

TlsTransport::TlsTransport(EventLoop& loop, int fd, ssl_ctx_st* context, std::shared_ptr<const void> owner)
    : Transport(loop, fd), owner_(std::move(owner)), io_{.watch = watch_}, session_(SSL_new(context)) {
  BIO* bio = session_ ? new_socket_bio(io_) : nullptr;
  if (bio == nullptr) {
    refuse("out of memory for a TLS session");
    session_.reset();
    return;
  }
  SSL_set_bio(session_.get(), bio, bio);
}

// SSL_free() would spoil the session of a connection that ends without close_notify.
TlsTransport::~TlsTransport() {
  if (sessions_ && handshaken_) SSL_set_shutdown(session_.get(), SSL_SENT_SHUTDOWN);
}

std::unique_ptr<Transport> accept(EventLoop& loop, int fd, std::shared_ptr<ServerContext> context) {
  ssl_ctx_st* native = context->get();
  std::unique_ptr<TlsTransport> transport(new TlsTransport(loop, fd, native, std::move(context)));
  if (transport->session_) SSL_set_accept_state(transport->session_.get());
  return transport;
}

std::unique_ptr<Transport> connect(EventLoop& loop, int fd, std::shared_ptr<ClientContext> context,
                                   const std::string& server_name, std::shared_ptr<SessionCache> sessions) {
  ssl_ctx_st* native = context->get();
  const bool verifies = context->verifies();
  const bool is_checked = context->checks_server_name();
  std::unique_ptr<TlsTransport> transport(new TlsTransport(loop, fd, native, std::move(context)));
  if (!transport->session_) return transport;
  SSL_set_connect_state(transport->session_.get());
  if (!server_name.empty()) {
    transport->ask_for(server_name, is_checked || !verifies);
  } else if (is_checked) {
    transport->refuse("no server name to check the certificate against");
  }
  transport->sessions_ = std::move(sessions);
  if (transport->sessions_) transport->sessions_->attach(transport->session_.get());
  return transport;
}

// RFC 6066 section 3: SNI carries host names only, without the trailing dot.
void TlsTransport::ask_for(std::string name, bool checks) {
  if (name.ends_with('.')) name.pop_back();
  if (name.starts_with('[') && name.ends_with(']')) name = name.substr(1, name.size() - 2);
  ssl_st* session = session_.get();
  std::array<std::byte, 16> storage{};
  const bool is_address = !ip_bytes(name, storage).empty();
  if (checks && is_address) X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(session), name.c_str());
  SSL_set_hostflags(session, X509_CHECK_FLAG_NO_PARTIAL_WILDCARDS);
  const bool is_set = is_address || ((!checks || SSL_set1_host(session, name.c_str()) == 1) &&
                                     SSL_set_tlsext_host_name(session, name.c_str()) == 1);
  if (!is_set) refuse("\"" + name + "\" is no server name");
  server_name_ = std::move(name);
  clear_errors();
}

void TlsTransport::refuse(std::string text) {
  read_error_ = write_error_ = EPROTO;
  error_text_ = std::move(text);
}

// What a call came to that returned `result`, not a success. `error` keeps what ended this direction.
IoResult TlsTransport::outcome(int result, int& error) {
  switch (SSL_get_error(session_.get(), result)) {
    case SSL_ERROR_WANT_READ:
    case SSL_ERROR_WANT_WRITE:
      return {IoResult::State::would_block};
    case SSL_ERROR_ZERO_RETURN:
      return {IoResult::State::eof};
    default:
      break;
  }
  if (io_.error != 0) {
    error = std::exchange(io_.error, 0);
  } else {
    error = io_.closed ? ECONNABORTED : EPROTO;
  }
  return failed(error);
}

IoResult TlsTransport::handshake() {
  if (read_error_ != 0) return failed(read_error_);
  if (handshaken_) return {IoResult::State::ok};
  clear_errors();
  const int result = SSL_do_handshake(session_.get());
  if (result == 1) {
    handshaken_ = true;
    if (SSL_is_server(session_.get()) == 1) certificate_ = proven_certificate(session_.get());
    return {IoResult::State::ok};
  }
  IoResult now = outcome(result, read_error_);
  if (now.state == IoResult::State::would_block) return now;
  if (now.state == IoResult::State::eof) read_error_ = ECONNABORTED;  // close_notify instead of a handshake
  write_error_ = read_error_;
  explain_failed_handshake(read_error_);
  return failed(read_error_);
}

void TlsTransport::explain_failed_handshake(int error) {
  const unsigned long code = ERR_peek_error();
  const int reason = ERR_GET_LIB(code) == ERR_LIB_SSL ? ERR_GET_REASON(code) : 0;
  const long verified = SSL_get_verify_result(session_.get());
  if (reason == SSL_R_CERTIFICATE_VERIFY_FAILED && verified != X509_V_OK) {
    failure_ = Failure::upstream_certificate;
    error_text_ = X509_verify_cert_error_string(verified);
    if (verified == X509_V_ERR_HOSTNAME_MISMATCH || verified == X509_V_ERR_IP_ADDRESS_MISMATCH) {
      const ExpectedNames* const names = ExpectedNames::of(SSL_get_SSL_CTX(session_.get()));
      error_text_ += ": it is not for " + (names != nullptr ? names->text() : server_name_);
    }
  } else if (error == ECONNABORTED) {
    error_text_ = "the peer closed the connection during the TLS handshake";
  } else if (reason == SSL_R_HTTP_REQUEST) {
    error_text_ = "plain HTTP was sent to a TLS port";
  } else if (error != EPROTO) {
    error_text_ = std::strerror(error);
  } else {
    const char* text = ERR_reason_error_string(code);
    error_text_ = text != nullptr ? text : "TLS handshake failed";
  }
  clear_errors();
}

IoResult TlsTransport::read(std::span<char> into) {
  if (read_error_ != 0) return failed(read_error_);
  clear_errors();
  std::size_t got = 0;
  const int result = SSL_read_ex(session_.get(), into.data(), into.size(), &got);
  if (result == 1) return {IoResult::State::ok, got};
  const IoResult now = outcome(result, read_error_);
  clear_errors();
  return now;
}

IoResult TlsTransport::write_record(const char* data, std::size_t size, bool more) {
  clear_errors();
  std::size_t written = 0;
  io_.more = more;
  const int result = SSL_write_ex(session_.get(), data, size, &written);
  io_.more = false;
  if (result == 1) return {IoResult::State::ok, written};
  IoResult now = outcome(result, write_error_);
  // close_notify from the peer does not end our direction, so this is a call after shutdown_write().
  if (now.state == IoResult::State::eof) now = failed(write_error_ = EPIPE);
  clear_errors();
  return now;
}

IoResult TlsTransport::write(std::span<const iovec> pieces) {
  if (write_error_ != 0) return failed(write_error_);
  std::array<char, kRecord> scratch;
  std::size_t total = 0;
  for (Gather gather(pieces); !gather.done();) {
    const auto record = gather.record(scratch);
    const IoResult now = write_record(record.data(), record.size(), gather.left() > record.size());
    if (now.state == IoResult::State::would_block && total > 0) break;
    if (now.state != IoResult::State::ok) return now;
    total += now.bytes;
    gather.advance(now.bytes);
  }
  return {IoResult::State::ok, total};
}

void TlsTransport::shutdown_write() {
  if (handshaken_ && write_error_ == 0) {
    clear_errors();
    SSL_shutdown(session_.get());
    clear_errors();
  }
  ::shutdown(fd(), SHUT_WR);
}

bool TlsTransport::is_resumed() const { return session_ && SSL_session_reused(session_.get()) == 1; }

void TlsTransport::settle() {
  if (!has_pending()) watch_.settle();
}

bool TlsTransport::has_pending() const { return session_ && SSL_has_pending(session_.get()) == 1; }

std::string_view TlsTransport::asked_name() const {
  const char* name = session_ ? SSL_get_servername(session_.get(), TLSEXT_NAMETYPE_host_name) : nullptr;
  return name == nullptr ? std::string_view{} : name;
}

std::string_view TlsTransport::protocol() const {
  const unsigned char* name = nullptr;
  unsigned length = 0;
  if (session_) SSL_get0_alpn_selected(session_.get(), &name, &length);
  return {reinterpret_cast<const char*>(name), length};
}

}  // namespace outrigger::net::tls
