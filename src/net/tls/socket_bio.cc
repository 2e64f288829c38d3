#include "net/tls/socket_bio.h"

#include <openssl/bio.h>
#include <sys/socket.h>

#include <cerrno>

#include "event/event_loop.h"
#include "net/system_calls.h"

namespace outrigger::net::tls {

namespace {

SocketIo& io_of(BIO* bio) { return *static_cast<SocketIo*>(BIO_get_data(bio)); }

bool would_block() { return errno == EAGAIN || errno == EWOULDBLOCK; }

int read_socket(BIO* bio, char* into, std::size_t size, std::size_t* done) {
  SocketIo& io = io_of(bio);
  BIO_clear_retry_flags(bio);
  *done = 0;
  if (!io.watch.may_read()) {
    BIO_set_retry_read(bio);
    return 0;
  }
  ssize_t got = 0;
  do got = system::receive(io.watch.fd(), into, size, 0);
  while (got < 0 && errno == EINTR);
  if (got > 0) {
    *done = static_cast<std::size_t>(got);
    io.watch.read_gave(*done < size);
    return 1;
  }
  if (got == 0) {
    io.closed = true;
  } else if (would_block()) {
    io.watch.read_blocked();
    BIO_set_retry_read(bio);
  } else {
    io.error = errno;
  }
  return 0;
}

int write_socket(BIO* bio, const char* from, std::size_t size, std::size_t* done) {
  SocketIo& io = io_of(bio);
  BIO_clear_retry_flags(bio);
  ssize_t sent = 0;
  const int flags = MSG_NOSIGNAL | (io.more ? MSG_MORE : 0);
  do sent = system::send(io.watch.fd(), from, size, flags);
  while (sent < 0 && errno == EINTR);
  *done = sent > 0 ? static_cast<std::size_t>(sent) : 0;
  if (sent >= 0) return 1;
  if (would_block()) {
    BIO_set_retry_write(bio);
  } else {
    io.error = errno;
  }
  return 0;
}

long control(BIO* bio, int command, long, void*) {
  if (command == BIO_CTRL_FLUSH) return 1;
  if (command == BIO_CTRL_EOF) return io_of(bio).closed ? 1 : 0;  // makes a FIN without close_notify an error
  return 0;
}

BIO_METHOD* make_method() {
  BIO_METHOD* method = BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "outrigger socket");
  BIO_meth_set_read_ex(method, &read_socket);
  BIO_meth_set_write_ex(method, &write_socket);
  BIO_meth_set_ctrl(method, &control);
  return method;
}

}  // namespace

bio_st* new_socket_bio(SocketIo& io) {
  static const BIO_METHOD* const method = make_method();
  BIO* bio = BIO_new(method);
  if (bio == nullptr) return nullptr;
  BIO_set_data(bio, &io);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace outrigger::net::tls
