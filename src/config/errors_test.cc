#include <catch2/catch.hpp>

#include "config/load.h"
#include "config/test_catalog.h"

using namespace outrigger::config;
using namespace outrigger::config::test;

namespace {

constexpr const char* kListener = "listeners: [{address: 8080, upstream: app}]\n";
constexpr const char* kUpstream = "upstreams: {app: 127.0.0.1:9000}\n";

struct Row {
  const char* what;
  std::string text;
  std::string message;  // must be among the first lines; empty where it loads: there are none
};

void check(const std::vector<Row>& rows, bool loads) {
  for (const Row& row : rows) {
    const LoadResult result = load(row.text);
    INFO(row.what << "\n" << row.text << "\nexpected: " << row.message << "\ngot:\n" << messages(result));
    CHECK(result.settings.has_value() == loads);
    CHECK((loads && row.message.empty() ? messages(result).empty() : messages(result).contains(row.message)));
  }
}

std::string with_listener(const std::string& keys) {
  return "listeners:\n  - address: 8080\n    upstream: app\n    " + keys + "\n" + kUpstream;
}
std::string with_upstream(const std::string& keys) {
  return std::string(kListener) + "upstreams:\n  app:\n    endpoints: [127.0.0.1:9000]\n    " + keys + "\n";
}
std::string with_routes(const std::string& routes) {
  return "listeners:\n  - address: 8080\n    routes: [" + routes + "]\n" + kUpstream;
}

}  // namespace

TEST_CASE("config errors: YAML itself", "[config][errors]") {
  check({{"broken YAML", "a: [", "not valid YAML"},
         {"tabs", "a:\n\tb: 1", "not valid YAML"},
         {"duplicate key", with_listener("max_body: 1KiB\n    max_body: 2KiB"),
          "5:5: duplicate key \"max_body\" (first on line 4)"},
         {"two documents", "a: 1\n---\nb: 1\n", "more than one YAML document"},
         {"a list at the top", "- a\n", "1:1: expected a mapping, found a list"},
         {"a tag", "version: !!int 1\n", "are not supported"},
         {"a mapping as key", "{a: 1}: 2\n", "a key must be a plain word"},
         {"alias inside itself", "a: &x [*x]\n", "alias"},
         {"unknown alias", "a: *x\n", "not valid YAML"},
         {"NUL byte", std::string("a: \0b", 5), "NUL"}},
        false);
}

TEST_CASE("config errors: depth, size and alias expansion are capped", "[config][errors]") {
  std::string bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string last = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int j = 0; j < 10; ++j) bomb += (j == 0 ? "" : ", ") + last;
    bomb += "]\n";
  }
  check({{"too deep", "a: " + std::string(70, '[') + std::string(70, ']'), "nested more than 64 levels deep"},
         {"very deep", std::string(100'000, '['), ""},
         {"billion laughs", bomb, "more than 100000 values, aliases expanded"},
         {"too large", "a: " + std::string(5 << 20, 'x'), "the file is larger than 4 MiB"}},
        false);
}

TEST_CASE("config errors: upstreams", "[config][errors]") {
  const auto app = [](const std::string& keys) {
    return std::string(kListener) + "upstreams:\n  app: {" + keys + "}\n";
  };
  check(
      {{"all weights 0", app("endpoints: [{address: 127.0.0.1:1, weight: 0}]"), "all weights are 0"},
       {"a hash without a key", with_upstream("load_balancing: maglev"), "needs hash_on"},
       {"a key without a hash", with_upstream("load_balancing: {hash_on: path}"), "ring_hash and maglev only"},
       {"an unknown key", with_upstream("load_balancing: {policy: maglev, hash_on: user}"), "\"user\" is no key"},
       {"a key without a name", with_upstream("load_balancing: {policy: maglev, hash_on: 'cookie:'}"), "is no key"},
       {"a bound below 1", with_upstream("load_balancing: {policy: maglev, hash_on: path, bounded_load: 0.5}"),
        "at least 1"},
       {"spill_over elsewhere", with_upstream("load_balancing: {spill_over: 3}"), "goes with policy first only"},
       {"a check of nothing", with_upstream("health_check: {interval: 1s}"), "needs path, tcp: true or grpc"},
       {"two checks", with_upstream("health_check: {path: /, tcp: true}"), "keep one"},
       {"a PROXY header on shared connections", app("endpoints: [a:1], protocol: http2, proxy_protocol: v2"),
        "goes with protocol: http1 only"},
       {"a check of gRPC over HTTP/1", with_upstream("health_check: {grpc: ''}"), "needs protocol: http2 or auto"},
       {"two kinds of check", app("endpoints: [a:1], protocol: http2, health_check: {grpc: '', path: /}"), "keep one"},
       {"a text without a path", with_upstream("health_check: {tcp: true, contains: ok}"), "contains needs path"},
       {"no good status", with_upstream("health_check: {path: /, status: []}"), "no good answer"},
       {"a port of a socket", app("endpoints: ['unix:/a'], health_check: {tcp: true, port: 80}"), "no other port"},
       {"a gap of all", with_upstream("outlier: {success_rate: {gap: 100%}}"), "below 100%"},
       {"longer than the longest", with_upstream("outlier: {eject_for: 10m}"), "longer than max_eject_for"},
       {"a status that is none", with_upstream("health_check: {path: /, status: [ok]}"), "\"ok\" is no status"},
       {"a DNS server by name", with_upstream("tls: {}\ndns: {servers: [dns.example]}"), "is no IP address"},
       {"TLS to a Unix socket", app("endpoints: ['unix:/a'], tls: {}"), "needs server_name"},
       {"no descriptors", with_upstream("tls: {}\nlimits: {descriptors: 0%}"), "no client could be served"},
       {"hardly any memory", with_upstream("tls: {}\nlimits: {memory: 1KiB}"), "limits.memory"}},
      false);
}

TEST_CASE("config errors: keys and values", "[config][errors]") {
  check({{"misspelt option", with_upstream("filters:\n      - retry: {num_retires: 2}"),
          "6:17: upstreams.app.filters[0].retry: unknown key \"num_retires\" (did you mean \"num_retries\"?)"},
         {"misspelt filter", with_upstream("filters: [{retri: {}}]"),
          "upstreams.app.filters[0]: unknown filter \"retri\" (did you mean \"retry\"?)"},
         {"two filters in one item", with_upstream("filters: [{retry: {}, circuit_breaker: {}}]"),
          "one filter per list item"},
         {"option not indented", with_upstream("filters:\n      - retry:\n        num_retries: 2"),
          "indent it if it is an option of \"retry\""},
         {"filters as a mapping", with_upstream("filters: {retry: {}}"), "expected a list of filters"},
         {"unknown top key", std::string("listners: []\n") + kListener + kUpstream, "(did you mean \"listeners\"?)"},
         {"on for true", with_upstream("tls: {insecure_skip_verify: on}"), "\"on\" is not a boolean: write true"},
         {"names beside no verification", with_upstream("tls: {insecure_skip_verify: true, subject_alt_names: a}"),
          "upstreams.app.tls.subject_alt_names: is not looked at beside insecure_skip_verify"},
         {"quoted boolean", with_upstream("tls: {insecure_skip_verify: \"true\"}"), "is not a boolean: write true"},
         {"bare number", with_listener("timeouts: {request: 10}"),
          "4:25: listeners[0].timeouts.request: \"10\" has no unit: write 10s, 10ms or 10m"},
         {"out of range", with_upstream("filters: [{retry: {num_retries: 11}}]"), "11 is out of range: 0 to 10"},
         {"quoted number", with_upstream("filters: [{retry: {num_retries: \"1\"}}]"), "write 1 without quotes"},
         {"too large a number", with_upstream("limits: {queue: 99999999999999999999}"), "is out of range"},
         {"negative", with_upstream("limits: {queue: -1}"), "-1 is out of range"},
         {"unknown word", with_listener("half_close: kep"), "unknown value \"kep\" (did you mean \"keep\"?)"},
         {"a list for a text", with_listener("name: [a]"), "listeners[0].name: expected a text, found a list"},
         {"nothing for a text", with_listener("name:"), "listeners[0].name: expected a text, found nothing"},
         {"version", std::string("version: 2\n") + kListener + kUpstream, "version: 2 is out of range: 1 to 1"},
         {"no address", std::string("listeners: [{upstream: app}]\n") + kUpstream, "missing key \"address\""},
         {"unset variable", with_listener("name: ${OUTRIGGER_NO_SUCH}"),
          "listeners[0].name: environment variable OUTRIGGER_NO_SUCH is not set"}},
        false);
}

TEST_CASE("config errors: addresses, networks, expressions, files", "[config][errors]") {
  check({{"URL as endpoint", std::string(kListener) + "upstreams: {app: \"http://a:80\"}", "is a URL"},
         {"no port", std::string(kListener) + "upstreams: {app: localhost}", "has no port: write localhost:80"},
         {"bad port", std::string(kListener) + "upstreams: {app: \"a:99999\"}", "is not a port"},
         {"bare IPv6", std::string(kListener) + "upstreams: {app: \"::1:80\"}", "IPv6 addresses need brackets"},
         {"relative socket", std::string(kListener) + "upstreams: {app: \"unix:x\"}", "must begin with /"},
         {"no endpoints", std::string(kListener) + "upstreams: {app: {endpoints: []}}", "at least one endpoint"},
         {"host bits", with_listener("trusted_proxies: [10.0.0.1/8]"), "write 10.0.0.0/8"},
         {"bad regex", with_routes("{match: {path: {regex: '(a'}}, upstream: app}"), "not a regular expression (RE2)"},
         {"two path kinds", with_routes("{match: {path: {exact: /a, prefix: /b}}, upstream: app}"),
          "more than one of exact, prefix and regex"},
         {"header twice", with_routes("{match: {headers: [{name: a, exact: b}, {name: a, exact: c}]}, upstream: app}"),
          "\"a\" stands twice in this list"},
         {"lower-case method", with_routes("{match: {method: get}, upstream: app}"), "methods are upper case"},
         {"certificate", with_listener("tls: {cert: /nonexistent.crt, key: /dev/null}"),
          "cannot read /nonexistent.crt: No such file or directory"},
         {"tls without anything", with_listener("tls: {}"), "needs cert and key, or self_signed: true"},
         {"plain secret", std::string(kListener) + kUpstream + "admin: {address: 127.0.0.1:1, token: abc}",
          "a secret must not stand in the file"},
         {"open admin", std::string(kListener) + kUpstream + "admin: {address: 0.0.0.0:9901}", "needs `token:"},
         {"admin on every address", std::string(kListener) + kUpstream + "admin: 9901", "needs `token:"}},
        false);
}

TEST_CASE("config errors: what refers to something else", "[config][errors]") {
  check(
      {{"unknown upstream", std::string("listeners: [{address: 8080, upstream: ap}]\n") + kUpstream,
        "1:39: listeners[0].upstream: unknown upstream \"ap\" (did you mean \"app\"?)"},
       {"two ends", with_routes("{upstream: app, respond: {status: 404}}"), "more than one of upstream, split"},
       {"no end", with_routes("{match: {host: a.b}}"), "needs one of upstream, split, redirect or respond"},
       {"routes and upstream", with_listener("routes: [{upstream: app}]"), "has both routes and upstream"},
       {"no routes", "listeners: [{address: 8080}]\n", "needs routes or upstream"},
       {"weights", with_routes("{split: [{upstream: app, weight: 0}]}"), "all weights are 0"},
       {"address twice", std::string(kListener) + kUpstream + "status: 8080", "already taken by listeners[0].address"},
       {"unknown chain", std::string("chains: {secure: []}\n") + with_listener("filters: [{use: secur}]"),
        "unknown chain \"secur\" (did you mean \"secure\"?)"},
       {"recursive chain", "chains: {a: [{use: b}], b: [{use: a}]}\n" + with_listener("filters: [{use: a}]"),
        "uses itself"}},
      false);
}

TEST_CASE("config warnings: the file loads, the operator is told", "[config][errors]") {
  check({{"a try longer than all", with_listener("timeouts: {request: 5s, backend_request: 10s}"),
          "warning: listeners[0].timeouts.backend_request: 10s for one try cannot fit into request, 5s for all"},
         {"a route's try longer than all of its listener",
          "listeners: [{address: 8080, timeouts: {request: 5s}, routes: [{timeouts: {backend_request: 10s}, upstream: "
          "app}]}]\n" +
              std::string(kUpstream),
          "1:92: warning: listeners[0].routes[0].timeouts.backend_request: 10s for one try cannot fit"},
         {"a route's all shorter than a try of its listener",
          "listeners: [{address: 8080, timeouts: {backend_request: 5s}, routes: [{timeouts: {request: 1s}, upstream: "
          "app}]}]\n" +
              std::string(kUpstream),
          "listeners[0].routes[0].timeouts.request: 5s for one try cannot fit into request, 1s for all"},
         {"a connect longer than the default for all",
          "listeners: [{address: 8080, upstream: app}]\n"
          "upstreams: {app: {endpoints: [127.0.0.1:1], timeouts: {connect: 2m}}}\n",
          "upstreams.app.timeouts.connect: 2m to connect cannot fit into request, 1m for all"},
         {"a connect longer than all",
          "listeners: [{address: 8080, timeouts: {request: 1s}, upstream: app}]\n"
          "upstreams: {app: {endpoints: [127.0.0.1:1], timeouts: {connect: 2s}}}\n",
          "2:65: warning: upstreams.app.timeouts.connect: 2s to connect cannot fit into request, 1s for all"},
         {"a queue longer than all",
          "listeners: [{address: 8080, timeouts: {request: 1s}, routes: [{split: [{upstream: app}]}]}]\n"
          "upstreams: {app: {endpoints: [127.0.0.1:1], limits: {queue_timeout: 2s}}}\n",
          "upstreams.app.limits.queue_timeout: 2s in the queue cannot fit"},
         {"a check longer than its interval", with_upstream("health_check: {tcp: true, timeout: 10s}"),
          "upstreams.app.health_check.timeout: 10s for one check cannot fit into interval, 5s"},
         {"no verification", with_upstream("tls: {insecure_skip_verify: true}"), "any certificate is accepted"},
         {"same match twice", with_routes("{upstream: app}, {respond: {status: 404}}"), "has the same match"},
         {"fewer hosts and methods",
          with_routes("{match: {host: [b.example, a.example], method: [POST, GET]}, upstream: app}, "
                      "{match: {host: a.example, method: GET}, respond: {status: 404}}"),
          "routes[1]: is never reached: listeners[0].routes[0] has all of its hosts and methods"},
         {"a method is a rank of its own",
          with_routes("{match: {host: a.example}, upstream: app}, "
                      "{match: {host: a.example, method: GET}, respond: {status: 404}}"),
          ""},
         {"another host",
          with_routes("{match: {host: [a.example, b.example]}, upstream: app}, "
                      "{match: {host: [b.example, c.example]}, respond: {status: 404}}"),
          ""},
         {"unused", with_routes("{respond: {status: 404}}"), "no route leads to this upstream"},
         {"a filter that answers", "listeners: [{address: 8080, filters: [respond]}]\n", ""}},
        true);
}

TEST_CASE("config warnings: a time that cannot be kept is told once, however many routes lead there",
          "[config][errors]") {
  const LoadResult result = load(
      "listeners: [{address: 8080, timeouts: {request: 1s}, routes: [{match: {path: {prefix: /a}}, upstream: app}, "
      "{upstream: app}]}]\nupstreams: {app: {endpoints: [127.0.0.1:1], timeouts: {connect: 2s}}}\n");
  REQUIRE(result.diagnostics.size() == 1);
}

TEST_CASE("config: a time of a request that is not set gives way to one that is", "[config]") {
  using namespace std::chrono_literals;
  const auto times = [](Timeouts outer, Timeouts inner) {
    const RequestTimes found = request_times(outer, inner);
    return std::pair(found.request, found.backend_request);
  };
  const auto set = [](std::optional<outrigger::Duration> request, std::optional<outrigger::Duration> backend_request) {
    Timeouts timeouts;
    timeouts.request = request;
    timeouts.backend_request = backend_request;
    return timeouts;
  };
  using Times = std::pair<outrigger::Duration, outrigger::Duration>;
  CHECK(load(with_listener("timeouts: {backend_request: 2m}")).diagnostics.empty());
  CHECK(load(with_listener("timeouts: {request: 1s}")).diagnostics.empty());
  CHECK(times({}, {}) == Times{60s, 15s});
  CHECK(times({}, set(5s, {})) == Times{5s, 5s});
  CHECK(times({}, set({}, 90s)) == Times{90s, 90s});  // not cut off by a default
  CHECK(times(set({}, 90s), {}) == Times{90s, 90s});
  CHECK(times({}, set({}, 20s)) == Times{60s, 20s});
  CHECK(times(set(10s, {}), set({}, 90s)) == Times{10s, 90s});  // both are set: a warning
  CHECK(times(set(10s, 5s), set(1h, {})) == Times{1h, 5s});
}

TEST_CASE("config errors: all at once, in file order, with line and caret", "[config][errors]") {
  const LoadResult result =
      load("listeners:\n  - address: 8080\n    upstream: ap\n    routs: []\nupstreams:\n  app: {endpoints: [a]}\n");
  REQUIRE(result.diagnostics.size() == 3);
  REQUIRE(render(result.diagnostics[0], false) ==
          "o.yaml:3:15: listeners[0].upstream: unknown upstream \"ap\" (did you mean \"app\"?)\n"
          "      upstream: ap\n"
          "                ^\n");
  REQUIRE(result.diagnostics[1].message == "unknown key \"routs\" (did you mean \"routes\"?)");
  REQUIRE(result.diagnostics[2].path == "upstreams.app.endpoints[0].address");
  REQUIRE(to_json(result.diagnostics).find("\"line\": 3, \"column\": 15") != std::string::npos);
}
