#pragma once

struct bio_st;

namespace outrigger::net::tls {

// The socket as OpenSSL sees it, and what became of it.
struct SocketIo {
  int fd = -1;
  int error = 0;        // errno of the call that ended the connection
  bool closed = false;  // recv saw the FIN
};

// An OpenSSL BIO over recv and send(MSG_NOSIGNAL); does not own the descriptor. `io` outlives it. Null: out of memory.
// There is no "drained" shortcut in here: only the reader knows that a message is complete and nothing need be read.
bio_st* new_socket_bio(SocketIo& io);

}  // namespace outrigger::net::tls
