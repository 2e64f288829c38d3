#include "config/addresses.h"
#include "config/describe.h"

// The keys of `listeners` and what is below them.
namespace outrigger::config {
namespace {

constexpr Duration kSoon = milliseconds(1);
constexpr Duration kDay = std::chrono::hours(24);

std::string check_method(const std::string& text) {
  if (text.empty()) return "a method is missing";
  for (const char c : text) {
    if (c >= 'a' && c <= 'z') return "methods are upper case: \"" + text + "\" never matches";
  }
  return {};
}

}  // namespace

void describe(Schema<Timeouts>& schema) {
  schema.summary("Time limits of a request. One that is not set gives way to one that is.");
  schema
      .field("request", &Timeouts::request,
             "All tries, to the final response head; absent: 60s, or `backend_request` if that is longer.")
      .range(kSoon, kDay);
  schema.field("backend_request", &Timeouts::backend_request, "One try; absent: 15s, or `request` if that is shorter.")
      .range(kSoon, kDay);
  schema.field("request_head", &Timeouts::request_head, "Until the client's head is complete; absent: 10s.")
      .range(kSoon, kDay);
  schema.field("body_idle", &Timeouts::body_idle, "Between bytes of either body; absent: 30s.").range(kSoon, kDay);
  schema.field("keep_alive", &Timeouts::keep_alive, "Client connection without a request; absent: 75s.")
      .range(kSoon, kDay);
  schema.field("tunnel_idle", &Timeouts::tunnel_idle, "Tunnel without bytes; absent: 5m, WebSocket 1h.")
      .range(kSoon, kDay);
}

void describe(Schema<StringMatch>& schema) {
  schema.summary("A condition on one header or query value. `name: value` is short for `exact`.");
  schema.shorthand("exact");
  schema.field("name", &StringMatch::name, "Header or query name; the key when written as a mapping.");
  schema.field("exact", &StringMatch::exact, "The value is this.");
  schema.field("regex", &StringMatch::regex, "The whole value matches (RE2).").check_text(check_regex);
  schema.field("present", &StringMatch::present, "false: must be absent.");
  schema.check([](const StringMatch& match) {
    if (match.name.empty()) return std::string("missing key \"name\"");
    if (match.exact && match.regex) return std::string("has both exact and regex: keep one");
    if (!match.present && (match.exact || match.regex)) return std::string("cannot be absent and have a value");
    return std::string();
  });
}

void describe(Schema<PathMatch>& schema) {
  schema.summary("A condition on the path, without the query.");
  schema.field("exact", &PathMatch::exact, "The path is this.").check_text(check_path);
  schema.field("prefix", &PathMatch::prefix, "Whole segments: /a matches /a and /a/b, not /ab.")
      .check_text(check_path)
      .example("/reports");
  schema.field("regex", &PathMatch::regex, "The whole path matches (RE2).").check_text(check_regex);
  schema.check([](const PathMatch& path) {
    const int set = path.exact.has_value() + path.prefix.has_value() + path.regex.has_value();
    return set > 1 ? std::string("has more than one of exact, prefix and regex: keep one") : std::string();
  });
}

void describe(Schema<RouteMatch>& schema) {
  schema.summary("Which requests take the route: all conditions together. Absent: every request.");
  schema.field("host", &RouteMatch::host, "example.com or *.example.com.").one_or_many().check_text(check_host);
  schema
      .field("sni", &RouteMatch::sni,
             "For protocol tcp: the server name that the client asks for in its TLS handshake.")
      .one_or_many()
      .check_text(check_host);
  schema.field("path", &RouteMatch::path, "The path.");
  schema.field("method", &RouteMatch::method, "Any of these.").one_or_many().check_text(check_method);
  schema.field("headers", &RouteMatch::headers, "All of these.").keyed_by(&StringMatch::name, true);
  schema.field("query", &RouteMatch::query, "All of these.").keyed_by(&StringMatch::name, true);
}

void describe(Schema<WeightedUpstream>& schema) {
  schema.summary("One part of a split.");
  schema.field("upstream", &WeightedUpstream::upstream, "Name of the upstream.").required().upstream();
  schema.field("weight", &WeightedUpstream::weight, "Share, relative to the others.").range(0, 1'000'000);
}

void describe(Schema<Route>& schema) {
  schema.summary("What happens to the requests that match.");
  schema.mark(&Route::mark);
  schema.field("name", &Route::name, "In logs and metrics; absent: made from its place.");
  schema.field("match", &Route::match, "Which requests.");
  schema.field("filters", &Route::filters, "Filters after the listener's.");
  schema.field("timeouts", &Route::timeouts, "Time limits; absent ones are the listener's.");
  schema.field("upstream", &Route::upstream, "Send to this upstream.").upstream();
  schema.field("split", &Route::split, "Send to one of several, by weight.");
  schema.field("redirect", &Route::redirect, "Answer with a redirect: the filter `redirect`.");
  schema.field("respond", &Route::respond, "Answer with a fixed response: the filter `respond`.");
}

void describe(Schema<CertificatePair>& schema) {
  schema.summary("A certificate and its key.");
  schema.field("cert", &CertificatePair::cert, "Certificate chain, PEM.").required().file();
  schema.field("key", &CertificatePair::key, "Private key, PEM.").required().file();
}

static std::string check_tls(const ListenerTls& tls) {
  const bool has_files = !tls.cert.empty() || !tls.key.empty() || !tls.certificates.empty();
  if (tls.self_signed && has_files) return "has self_signed and a certificate: keep one";
  if (!tls.self_signed && (tls.cert.empty() || tls.key.empty())) return "needs cert and key, or self_signed: true";
  if (tls.client_ca.empty() && !tls.crl.empty())
    return "has a crl and no client_ca, whose certificates it would revoke";
  return "";
}

void describe(Schema<ListenerTls>& schema) {
  schema.summary("TLS towards clients.");
  schema.field("cert", &ListenerTls::cert, "Certificate chain, PEM.").file().example("/etc/tls/tls.crt");
  schema.field("key", &ListenerTls::key, "Private key, PEM.").file().example("/etc/tls/tls.key");
  schema.field("self_signed", &ListenerTls::self_signed, "Make a certificate at start, for trying.");
  schema.field("certificates", &ListenerTls::certificates, "Further ones: by the name that the client asks for (SNI).");
  schema
      .field("client_ca", &ListenerTls::client_ca, "CAs of clients' certificates, PEM; absent: clients are not asked.")
      .file()
      .example("/etc/tls/clients.pem");
  schema
      .field("client_auth", &ListenerTls::client_auth, "With client_ca: refuse clients without a certificate, or not.")
      .values({{"required", ClientAuth::required}, {"optional", ClientAuth::optional}});
  schema.field("crl", &ListenerTls::crl, "Revocation lists of client_ca, PEM.").file();
  schema
      .field("ticket_keys", &ListenerTls::ticket_keys,
             "Keys of session tickets, 160 hexadecimal digits a line, the first seals; absent: own ones.")
      .file();
  schema.field("policy", &ListenerTls::policy, "intermediate: TLS 1.2 and 1.3. modern: TLS 1.3 alone.")
      .values({{"intermediate", TlsPolicy::intermediate}, {"modern", TlsPolicy::modern}});
  schema.field("handshake_timeout", &ListenerTls::handshake_timeout, "From the connection to the end of its handshake.")
      .range(std::chrono::milliseconds(100), std::chrono::minutes(1));
  schema.check(check_tls);
}

void describe(Schema<ListenerLimits>& schema) {
  schema.summary("What a client may send, and how many may be there.");
  schema.field("request_head", &ListenerLimits::request_head, "Size of a request's head; beyond it 431.")
      .range(ByteSize{1024}, ByteSize{32 * 1024});
  schema.field("fields", &ListenerLimits::fields, "Header fields of a request; beyond it 431.").range(1, 10'000);
  schema.field("handshakes", &ListenerLimits::handshakes, "TLS handshakes under way at a time; 0: any number.");
  schema.field("connections", &ListenerLimits::connections, "Connections at a time; 0: as descriptors allow.");
  schema.field("connections_per_client", &ListenerLimits::connections_per_client,
               "Connections of one client address (IPv6: of one /64); more are closed at once. 0: any number.");
}

void describe(Schema<Listener>& schema) {
  schema.summary("A place where clients connect.");
  schema.mark(&Listener::mark);
  schema.field("name", &Listener::name, "In logs and metrics; absent: its address.");
  schema.field("address", &Listener::address, "host:port, [::1]:port, unix:/path, or a port for all addresses.")
      .required()
      .example("0.0.0.0:8443")
      .check_text(check_listen_address);
  schema.field("protocol", &Listener::protocol, "http, or tcp: connections are passed on as they are.")
      .values({{"http", ListenerProtocol::http}, {"tcp", ListenerProtocol::tcp}});
  schema.field("tls", &Listener::tls, "Absent: plain text.");
  schema
      .field("trusted_proxies", &Listener::trusted_proxies,
             "CIDR blocks whose X-Forwarded-* is believed; unix: peers on a Unix socket.")
      .one_or_many()
      .example("10.0.0.0/8")
      .check_text([](const std::string& text) { return text == "unix" ? std::string() : check_cidr(text); });
  schema.field(
      "proxy_protocol", &Listener::proxy_protocol,
      "Connections begin with a PROXY header (v1 or v2), which says the client's address; from trusted_proxies "
      "alone, others are closed.");
  schema.field("path", &Listener::path, "Ambiguous paths (%2f, %2e, ..): refuse, bring to a normal form, or pass on.")
      .values({{"reject", PathMode::reject}, {"decode", PathMode::decode}, {"keep", PathMode::keep}});
  schema.field("underscores", &Listener::underscores, "Request fields with _ in their names, which CGI takes for -.")
      .values({{"drop", Underscores::drop}, {"keep", Underscores::keep}});
  schema.field("max_body", &Listener::max_body, "Largest request body, beyond it 413; absent: no limit.");
  schema.field("half_close", &Listener::half_close, "A client that closes its side ends its request, or not.")
      .values({{"cancel", HalfClose::cancel}, {"keep", HalfClose::keep}});
  schema.field("timeouts", &Listener::timeouts, "Time limits.");
  schema.field("limits", &Listener::limits, "Sizes and counts.");
  schema.field("filters", &Listener::filters, "Filters of every request, in call order.");
  schema.field("routes", &Listener::routes, "Where requests go.");
  schema.field("upstream", &Listener::upstream, "One catch-all route to this upstream.").upstream();
  schema.check([](const Listener& listener) -> std::string {
    const bool believes_nobody = listener.proxy_protocol && listener.trusted_proxies.empty();
    return believes_nobody ? "proxy_protocol needs trusted_proxies: whose header is to be believed?" : "";
  });
}

}  // namespace outrigger::config
