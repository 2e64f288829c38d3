#pragma once

#include <openssl/ssl.h>

#include "socket.h"

// One cipher, one curve, TLS 1.3: whoever is measured does the same cryptography.
namespace bench {

inline SSL_CTX* restrict_tls(SSL_CTX* context) {
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256");
  SSL_CTX_set1_groups_list(context, "X25519");
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  SSL_CTX_set_read_ahead(context, 1);
  return context;
}

inline SSL_CTX* client_tls() {
  SSL_CTX* context = restrict_tls(SSL_CTX_new(TLS_client_method()));
  SSL_CTX_set_options(context, SSL_OP_IGNORE_UNEXPECTED_EOF);  // else such an end spoils the session for resumption
  return context;
}

inline SSL_CTX* server_tls(const char* certificate, const char* key) {
  SSL_CTX* context = restrict_tls(SSL_CTX_new(TLS_server_method()));
  if (SSL_CTX_use_certificate_chain_file(context, certificate) != 1 ||
      SSL_CTX_use_PrivateKey_file(context, key, SSL_FILETYPE_PEM) != 1) {
    stop("certificate");
  }
  return context;
}

// What a call that gave `result` means: 1 go on, 0 wait, -1 the connection is over.
inline int tls_outcome(SSL* session, int result) {
  if (result > 0) return 1;
  const int error = SSL_get_error(session, result);
  return error == SSL_ERROR_WANT_READ || error == SSL_ERROR_WANT_WRITE ? 0 : -1;
}

}  // namespace bench
