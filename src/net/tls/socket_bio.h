#pragma once

struct bio_st;

namespace outrigger {
class FdWatch;
}

namespace outrigger::net::tls {

// The socket as OpenSSL sees it, and what became of it.
struct SocketIo {
  FdWatch& watch;
  int error = 0;        // errno of the call that ended the connection
  bool closed = false;  // recv saw the FIN
  bool more = false;    // another record follows at once: the kernel may wait for it (MSG_MORE)
};

// An OpenSSL BIO over recv and send(MSG_NOSIGNAL); does not own the descriptor. `io` outlives it. Null: out of memory.
// Asks the kernel only when the watch says that a read may give something.
bio_st* new_socket_bio(SocketIo& io);

}  // namespace outrigger::net::tls
