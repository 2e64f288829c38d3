#pragma once

#include <sys/uio.h>

#include <cstddef>
#include <memory>
#include <span>
#include <string_view>

#include "event/event_loop.h"
#include "net/proxy_header.h"
#include "outrigger/failure.h"
#include "outrigger/identity.h"

namespace outrigger::net {

// What one non-blocking attempt came to.
struct IoResult {
  enum class State : unsigned char { ok, would_block, eof, error };
  State state;
  std::size_t bytes = 0;  // when ok
  int error = 0;          // errno, when error
};

// What the peer has ended: nothing, its sending (FIN), or both directions (reset, or FIN both ways).
enum class PeerEnd : unsigned char { nothing, sending, both };

// A connected byte stream: a plain socket, or TLS over one. Every call is one attempt and never blocks; wait through
// watch() after `would_block`. Owns the descriptor. Thread: its worker.
class Transport {
 public:
  explicit Transport(EventLoop& loop, int fd) : watch_(loop) { watch_.set_fd(fd); }
  Transport(const Transport&) = delete;
  Transport& operator=(const Transport&) = delete;
  virtual ~Transport();

  virtual IoResult read(std::span<char> into) = 0;
  // Writes as much as possible of the pieces, in order; `bytes` may be short.
  virtual IoResult write(std::span<const iovec> pieces) = 0;
  // read() and write() between this socket and a pipe; only where can_splice(). Reading is `ok` with 0 bytes where the
  // kernel turns out not to know how, and can_splice() is false from then on. Writing to a closed connection raises
  // SIGPIPE, which the process ignores: splice() has no flag against it.
  virtual IoResult read_into_pipe(int, std::size_t) { return {IoResult::State::error}; }
  virtual IoResult write_from_pipe(int, std::size_t) { return {IoResult::State::error}; }
  virtual bool can_splice() const { return false; }
  // Goes on with the handshake: ok when done; a plain socket has none. On would_block wait for both directions.
  virtual IoResult handshake() { return {IoResult::State::ok}; }
  // handshake(); on would_block `waiter` is woken to call again, else nobody waits any more.
  IoResult shake_hands(Wakeable& waiter);
  // Says that nothing more will be written (FIN, close_notify). Best effort.
  virtual void shutdown_write() = 0;
  // True when bytes are already here that no readiness event will announce (TLS records read ahead).
  virtual bool has_pending() const { return false; }
  virtual bool is_tls() const { return false; }
  // The TLS handshake took up an earlier session.
  virtual bool is_resumed() const { return false; }
  // The protocol that both sides agreed on by ALPN; empty: none. Valid after the handshake.
  virtual std::string_view protocol() const { return {}; }
  // The server name that the client asked for (SNI); empty: none. Valid after the handshake.
  virtual std::string_view asked_name() const { return {}; }
  // What the client proved in the handshake; null: nothing. Lives as long as the transport.
  virtual const ClientCertificate* client_certificate() const { return nullptr; }
  // What went wrong in the handshake, for `why`; static or owned by the transport.
  virtual std::string_view error_text() const { return {}; }
  virtual Failure handshake_failure() const { return Failure::upstream_tls; }

  // A message ended here, with nothing of the next one read: a read that was short need not be followed by another.
  virtual void settle() { watch_.settle(); }

  FdWatch& watch() { return watch_; }
  int fd() const { return watch_.fd(); }
  // Where the connection comes from and where it was made to: as a PROXY header said (set_ends), else as the kernel
  // says, in two calls.
  Ends ends() const;
  void set_ends(const Ends& ends) { ends_ = std::make_unique<Ends>(ends); }
  // Which directions has the peer ended, also behind bytes that wait to be read? One poll.
  PeerEnd peer_end() const;

 protected:
  FdWatch watch_;

 private:
  std::unique_ptr<const Ends> ends_;  // null: the kernel knows
};

// A TCP or Unix stream socket.
class Socket final : public Transport {
 public:
  using Transport::Transport;
  IoResult read(std::span<char> into) override;
  IoResult write(std::span<const iovec> pieces) override;
  IoResult read_into_pipe(int pipe, std::size_t most) override;
  IoResult write_from_pipe(int pipe, std::size_t size) override;
  bool can_splice() const override { return splices_; }
  void shutdown_write() override;

 private:
  bool splices_ = true;  // until the kernel says that it can't
};

}  // namespace outrigger::net
