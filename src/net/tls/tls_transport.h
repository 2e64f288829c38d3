#pragma once

#include <memory>
#include <string>

#include "net/tls/context.h"
#include "net/tls/session_cache.h"
#include "net/tls/socket_bio.h"
#include "net/transport.h"

struct ssl_st;

namespace outrigger::net::tls {

// TLS over a connected socket, either side of it. Call handshake() until it says ok, then read and write.
//
// read(): `eof` only after the peer's close_notify. A FIN without one is error ECONNABORTED, so that a body that ends
//   with the connection is never taken for complete; broken records are EPROTO; else the socket's errno.
// write(): small pieces share a record of up to 16 KiB. After `would_block`, or fewer bytes than asked for, the next
//   write must begin with the same remaining bytes: they may be encrypted already. Pieces may move in memory.
// has_pending(): read until `would_block` before waiting; part of a record counts as pending.
// Errors are final for their direction: after a failed write an early answer can still be read. Thread: its worker.
// Cost: one recv a read and one send a record; an idle connection holds no record buffers.
class TlsTransport final : public Transport {
 public:
  ~TlsTransport() override;

  IoResult read(std::span<char> into) override;
  IoResult write(std::span<const iovec> pieces) override;
  IoResult handshake() override;
  void shutdown_write() override;
  bool has_pending() const override;
  void settle() override;
  bool is_tls() const override { return true; }
  std::string_view error_text() const override { return error_text_; }
  Failure handshake_failure() const override { return failure_; }

  bool is_resumed() const override;
  std::string_view protocol() const override;
  std::string_view asked_name() const override;
  const ClientCertificate* client_certificate() const override { return certificate_.get(); }

 private:
  friend std::unique_ptr<Transport> accept(EventLoop&, int, std::shared_ptr<ServerContext>);
  friend std::unique_ptr<Transport> connect(EventLoop&, int, std::shared_ptr<ClientContext>, const std::string&,
                                            std::shared_ptr<SessionCache>);

  TlsTransport(EventLoop& loop, int fd, ssl_ctx_st* context, std::shared_ptr<const void> owner);
  void ask_for(std::string name, bool checks);
  void refuse(std::string text);
  IoResult outcome(int result, int& error);
  IoResult write_record(const char* data, std::size_t size, bool more);
  void explain_failed_handshake(int error);

  struct FreeSession {
    void operator()(ssl_st* session) const;
  };
  std::shared_ptr<const void> owner_;       // the context
  std::shared_ptr<SessionCache> sessions_;  // may be null
  SocketIo io_;
  std::unique_ptr<ssl_st, FreeSession> session_;
  int read_error_ = 0;  // once set, final; the other direction may go on
  int write_error_ = 0;
  std::unique_ptr<ClientCertificate> certificate_;  // of a client
  bool handshaken_ = false;
  Failure failure_ = Failure::upstream_tls;
  std::string server_name_;
  std::string error_text_;
};

// The server's side of a connection just accepted. Takes the descriptor. Never null: what goes wrong is told by
// handshake() and error_text().
std::unique_ptr<Transport> accept(EventLoop& loop, int fd, std::shared_ptr<ServerContext> context);

// The client's side of a connection to an upstream. `server_name` (a host name or an IP address) is sent as SNI and is
// what the certificate must be for; it may be empty only where the context does not check it. `sessions`, if any,
// belongs to this server name. Takes the descriptor.
std::unique_ptr<Transport> connect(EventLoop& loop, int fd, std::shared_ptr<ClientContext> context,
                                   const std::string& server_name, std::shared_ptr<SessionCache> sessions = nullptr);

}  // namespace outrigger::net::tls
