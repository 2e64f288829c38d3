#pragma once

#include <string>
#include <string_view>
#include <vector>

struct ssl_ctx_st;
struct x509_st;

namespace outrigger::net::tls {

// Of which names a server's certificate must have one, in place of the name that it is asked for: for services whose
// identity is a URI (SPIFFE) or that share one certificate. Immutable; thread: any.
class ExpectedNames {
 public:
  // A URI has "://", an email address "@", an IP address is one; all else is a host name. Empty: not asked for.
  explicit ExpectedNames(std::vector<std::string> names) : names_(std::move(names)) {}
  bool empty() const { return names_.empty(); }

  // Has it one of them as a subject alternative name? Host names may match a wildcard in the certificate (RFC 6125
  // section 6.4.3), the others are compared byte by byte. The subject's CN counts for nothing.
  bool match(x509_st* certificate) const;
  // Has connections of `context` refuse certificates of other servers, in the handshake. Outlives the context.
  void apply(ssl_ctx_st* context) const;
  // "spiffe://a/b, web.internal"
  std::string text() const;
  // What `context` expects; null: nothing.
  static const ExpectedNames* of(ssl_ctx_st* context);

 private:
  std::vector<std::string> names_;
};

}  // namespace outrigger::net::tls
