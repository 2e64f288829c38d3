#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "outrigger/clock.h"
#include "outrigger/config.h"
#include "outrigger/process_log.h"
#include "outrigger/units.h"

// The file as plain structs. A default stands in its member initialiser and nowhere else; each struct's `describe()`
// (settings.cc) is the only place where its keys are named.
namespace outrigger::config {

using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// Unset members follow the listener's, then these defaults (`effective`).
struct Timeouts {
  std::optional<Duration> request;          // all tries, to the final response head; 60 s
  std::optional<Duration> backend_request;  // one try; 15 s
  std::optional<Duration> request_head;     // client's head complete; 10 s
  std::optional<Duration> body_idle;        // between bytes of either body; 30 s
  std::optional<Duration> keep_alive;       // client connection idle between requests; 75 s
  std::optional<Duration> tunnel_idle;      // 5 min
};

// The two that bound each other, as they are in effect.
struct RequestTimes {
  Duration request{};
  Duration backend_request{};
};
// One that is set is kept: the other shrinks or grows to fit it. Both set: both are kept, and the shorter ends first.
RequestTimes request_times(const Timeouts& outer, const Timeouts& inner);

struct StringMatch {  // of a header or query value
  std::string name;
  std::optional<std::string> exact;
  std::optional<std::string> regex;
  bool present = true;
};

struct PathMatch {
  std::optional<std::string> exact;
  std::optional<std::string> prefix;  // whole segments
  std::optional<std::string> regex;   // whole path, RE2
};

struct RouteMatch {
  std::vector<std::string> host;  // exact, or *.example.com
  std::vector<std::string> sni;   // the same, of listeners with protocol tcp, which have nothing else
  PathMatch path;
  std::vector<std::string> method;
  std::vector<StringMatch> headers;
  std::vector<StringMatch> query;
};

struct WeightedUpstream {
  std::string upstream;
  std::uint32_t weight = 1;
};

struct Route {
  std::string name;  // absent: made from its place, "https.routes[0]"
  RouteMatch match;
  std::vector<FilterSpec> filters;
  Timeouts timeouts;
  std::string upstream;
  std::vector<WeightedUpstream> split;
  std::optional<FilterSpec> redirect;  // the filter of that name, at the end of the route's
  std::optional<FilterSpec> respond;
  Mark mark;
};

struct CertificatePair {
  std::string cert;  // file
  std::string key;   // file
};

enum class ClientAuth : std::uint8_t { required, optional };
enum class TlsPolicy : std::uint8_t { intermediate, modern };

struct ListenerTls {
  std::string cert;                           // file
  std::string key;                            // file
  bool self_signed = false;                   // made at start, for trying
  std::vector<CertificatePair> certificates;  // further ones, chosen by name
  std::string client_ca;                      // file; absent: clients are not asked
  ClientAuth client_auth = ClientAuth::required;
  std::string crl;          // file
  std::string ticket_keys;  // file; absent: own ones
  TlsPolicy policy = TlsPolicy::intermediate;
  Duration handshake_timeout = seconds(10);
};

enum class PathMode : std::uint8_t { reject, decode, keep };
enum class Underscores : std::uint8_t { drop, keep };
enum class HalfClose : std::uint8_t { cancel, keep };

enum class ListenerProtocol : std::uint8_t { http, tcp };

struct ListenerLimits {
  ByteSize request_head{32 * 1024};
  std::uint32_t fields = 100;
  std::uint32_t connections = 0;             // 0: no limit but descriptors
  std::uint32_t connections_per_client = 0;  // 0: no limit
  std::uint32_t handshakes = 1000;           // under way; 0: no limit
};

struct Listener {
  std::string name;     // absent: its address
  std::string address;  // "0.0.0.0:80", "[::1]:80", "unix:/path", "8080" = dual stack
  ListenerProtocol protocol = ListenerProtocol::http;
  std::optional<ListenerTls> tls;
  std::vector<std::string> trusted_proxies;  // CIDR
  bool proxy_protocol = false;               // every connection begins with its header
  PathMode path = PathMode::reject;
  Underscores underscores = Underscores::drop;
  std::optional<ByteSize> max_body;
  HalfClose half_close = HalfClose::cancel;
  Timeouts timeouts;
  ListenerLimits limits;
  std::vector<FilterSpec> filters;
  std::vector<Route> routes;
  std::string upstream;  // one catch-all route
  Mark mark;
};

struct UpstreamTls {
  std::string ca;                              // file; absent: the system's
  std::string cert;                            // file; absent: we show none
  std::string key;                             // file
  std::string server_name;                     // absent: the endpoint's name
  std::vector<std::string> subject_alt_names;  // empty: server_name must be in the certificate
  bool insecure_skip_verify = false;
};

enum class ProxyProtocol : std::uint8_t { v1, v2 };
enum class Protocol : std::uint8_t { http1, http2, automatic };

enum class BalancePolicy : std::uint8_t { least_request, round_robin, random, ewma, first, ring_hash, maglev };

struct EndpointSpec {
  std::string address;  // "host:port", "unix:/path", "dns://name:port", "dns+srv://name"; lists are expanded
  std::uint32_t weight = 1;
  std::uint32_t priority = 0;
  Mark mark;
};

struct UpstreamLimits {
  std::uint32_t in_flight = 256;
  std::uint32_t queue = 256;
  Duration queue_timeout = seconds(1);
};

struct UpstreamTimeouts {
  std::optional<Duration> connect;  // 1 s on loopback, 3 s else
  std::optional<Duration> idle;     // 4 s on loopback, 30 s else
  Duration ping = seconds(15);      // of HTTP/2
};

struct LoadBalancing {
  BalancePolicy policy = BalancePolicy::least_request;
  std::string hash_on;           // "client_ip", "path", "header:NAME", "cookie:NAME", "query:NAME"; of hash policies
  double bounded_load = 0;       // 0: none
  std::uint32_t spill_over = 0;  // of `first`; 0: never
};

struct HealthCheck {
  std::optional<std::string> path;  // HTTP; absent: `tcp`
  bool tcp = false;
  std::optional<std::string> grpc;  // the service to ask for; "": the server as a whole
  Duration interval = seconds(5);
  Duration fast_interval = seconds(1);
  Duration timeout = seconds(1);
  std::uint32_t fall = 3;
  std::uint32_t rise = 2;
  std::optional<std::uint16_t> port;  // absent: the endpoint's
  std::string host;                   // absent: the endpoint's name
  std::vector<std::string> status = {"200-399"};
  std::optional<std::string> contains;
};

struct OutlierSuccessRate {
  Share gap{0.3};
  std::uint32_t min_requests = 50;
  Duration interval = seconds(10);
};

struct Outlier {
  std::uint32_t consecutive_failures = 5;  // 0: never
  std::optional<OutlierSuccessRate> success_rate;
  Duration eject_for = seconds(10);
  Duration max_eject_for = minutes(5);
  Share max_ejected{0.5};
};

// A part of the paths of the service and what stands in its place for clients.
struct PathMapping {
  std::string from;
  std::string to;
};

enum class SameSite : std::uint8_t { strict, lax, none };

struct LegacyRewrite {
  std::vector<std::string> hosts;  // what the service calls itself, besides its endpoint and the Host that it gets
  std::optional<PathMapping> path;
  bool secure = true;
  std::optional<SameSite> same_site;  // absent: as the service says
};

enum class LegacyVersion : std::uint8_t { http10, http11 };
enum class FieldNames : std::uint8_t { keep, lower, title };

// The manners of an old service.
struct Legacy {
  LegacyVersion version = LegacyVersion::http11;
  std::optional<ByteSize> buffer_uploads;  // absent: chunks are passed on; http10, which has none: 1 MiB
  std::string host;                        // absent: the client's
  FieldNames field_names = FieldNames::keep;
  bool lenient_head = false;
  bool keep_alive = true;
  std::optional<LegacyRewrite> rewrite;
};

struct Upstream {
  std::string name;
  std::vector<EndpointSpec> endpoints;
  std::optional<std::vector<FilterSpec>> filters;  // absent in the file: the loader puts retry and
                                                   // circuit_breaker with their defaults here
  std::optional<UpstreamTls> tls;
  std::optional<ProxyProtocol> proxy_protocol;  // absent: connections begin with the first request
  Protocol protocol = Protocol::http1;
  LoadBalancing load_balancing;
  Outlier outlier;
  std::optional<HealthCheck> health_check;
  UpstreamLimits limits;
  UpstreamTimeouts timeouts;
  Duration slow_start{};  // 0: none
  std::optional<Legacy> legacy;
  Mark mark;
};

struct Status {
  std::string address;
};

struct Admin {
  std::string address;
  std::string token;  // secret reference; required where the address is not loopback or unix
};

enum class LogFormat : std::uint8_t { automatic, text, json };

struct Logging {
  LogLevel level = LogLevel::info;
  LogFormat format = LogFormat::automatic;  // text on a terminal, JSON otherwise
};

struct ProcessLimits {
  std::optional<ByteSize> memory;          // of buffers; absent: 256 MiB, or half of the cgroup's limit if that is less
  Share descriptors{0.9};                  // of the process's limit, for clients; what is left is for services
  Duration event_loop_delay = seconds(1);  // 0: not looked at
};

struct Dns {
  std::vector<std::string> servers;  // "10.0.0.2", "[::1]:53"; absent: those of /etc/resolv.conf
};

struct Shutdown {
  Duration not_ready = seconds(5);
  Duration drain = seconds(25);
};

// A named filter list; `- use: name` puts it into another. Expanded while loading.
struct Chain {
  std::string name;
  std::vector<FilterSpec> filters;
};

// Where values were set, by path: "listeners[0].timeouts.request". A path that is missing has its default.
using Origins = std::map<std::string, Mark, std::less<>>;

struct Settings {
  int version = 1;
  std::vector<std::string> include;  // globs, relative to the file; merged while loading
  std::vector<Chain> chains;         // a map in the file
  std::vector<Listener> listeners;
  std::vector<Upstream> upstreams;  // a map in the file, in file order here
  std::optional<Status> status;
  std::optional<Admin> admin;
  std::string user;  // "name" or "name:group"; empty: whoever started it
  Logging logging;
  Dns dns;
  ProcessLimits limits;
  Shutdown shutdown;
  std::vector<std::string> files;          // every file this was read from, main file first, then includes, then
                                           // certificates and other referenced files: what a reload watches
  std::shared_ptr<const Origins> origins;  // never null in loaded settings
};

}  // namespace outrigger::config
