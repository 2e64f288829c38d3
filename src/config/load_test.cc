#include "config/load.h"

#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "config/test_catalog.h"
#include "support/temporary_directory.h"

using namespace outrigger;
using namespace outrigger::config;
using namespace outrigger::config::test;
using namespace std::chrono_literals;

namespace {

constexpr const char* kSmallest = "listeners: [{address: 8080, upstream: app}]\nupstreams: {app: 127.0.0.1:9000}\n";

const Settings& good(const LoadResult& result) {
  INFO(messages(result));
  REQUIRE(result.settings);
  return *result.settings;
}

}  // namespace

TEST_CASE("config: the smallest file is a listener and an upstream", "[config]") {
  const LoadResult result = load(kSmallest);
  const Settings& settings = good(result);
  REQUIRE(result.diagnostics.empty());
  REQUIRE(settings.listeners.at(0).address == "8080");
  REQUIRE(settings.listeners[0].upstream == "app");
  REQUIRE(settings.upstreams.at(0).name == "app");
  REQUIRE(settings.upstreams[0].endpoints.at(0).address == "127.0.0.1:9000");
  REQUIRE(settings.upstreams[0].limits.queue_timeout == 1s);
  REQUIRE(settings.files == std::vector<std::string>{"o.yaml"});
}

TEST_CASE("config: an upstream without filters has retry and circuit_breaker", "[config]") {
  const LoadResult result = load(kSmallest);
  const auto& filters = *good(result).upstreams[0].filters;
  REQUIRE(filters.size() == 2);
  REQUIRE(filters[0].type->name == "retry");
  REQUIRE(filters[1].type->name == "circuit_breaker");
  REQUIRE(static_cast<const FakeRetry*>(filters[0].config.get())->num_retries == 2);
}

TEST_CASE("config: values arrive in their structs", "[config]") {
  const LoadResult result = load(R"(
version: 1
listeners:
  - name: web
    address: 0.0.0.0:8080
    max_body: 10MiB
    half_close: keep
    trusted_proxies: 10.0.0.0/8
    timeouts: {request: 1m30s}
    routes:
      - match: {host: "*.example.com", path: {prefix: /a}, method: [GET, HEAD], headers: {x-a: "1"}, query: [{name: q}]}
        split: [{upstream: app, weight: 3}, {upstream: other}]
      - respond: {status: 404, body: gone, headers: {x: "y"}}
upstreams:
  app: {endpoints: ["[::1]:80", {address: "dns://app:80", weight: 5}], filters: [{retry: {num_retries: 0x3}}]}
  other: {endpoints: unix:/run/app.sock, load_balancing: random, filters: [retry, circuit_breaker:, {retry: {}}]}
)");
  const Settings& settings = good(result);
  const Listener& listener = settings.listeners.at(0);
  REQUIRE(listener.max_body == ByteSize{10 << 20});
  REQUIRE(listener.half_close == HalfClose::keep);
  REQUIRE(listener.trusted_proxies == std::vector<std::string>{"10.0.0.0/8"});
  REQUIRE(listener.timeouts.request == 90s);
  const Route& route = listener.routes.at(0);
  REQUIRE(route.match.host == std::vector<std::string>{"*.example.com"});
  REQUIRE(route.match.headers.at(0).name == "x-a");
  REQUIRE(route.match.headers[0].exact == "1");
  REQUIRE(route.match.query.at(0).name == "q");
  REQUIRE(route.split.at(0).weight == 3);
  REQUIRE(route.mark.line == 11);
  const FilterSpec& respond = listener.routes.at(1).respond.value();
  REQUIRE(respond.type->name == "respond");
  REQUIRE(respond.path == "listeners[0].routes[1].respond");
  REQUIRE(static_cast<const FakeRespond*>(respond.config.get())->headers.at("x") == "y");
  REQUIRE(settings.upstreams.at(0).endpoints.at(1).weight == 5);
  REQUIRE(settings.upstreams.at(1).load_balancing.policy == BalancePolicy::random);
  REQUIRE(settings.upstreams.at(1).filters->size() == 3);
  const auto* retry = static_cast<const FakeRetry*>(settings.upstreams[0].filters->at(0).config.get());
  REQUIRE(retry->num_retries == 3);
  REQUIRE(retry->base == 25ms);
}

TEST_CASE("config: equal options have equal fingerprints, however they are written", "[config]") {
  const LoadResult result = load(
      "listeners: [{address: 8080, upstream: app, filters: [retry, {retry: {num_retries: 2}}, {retry: {num_retries: "
      "3}}]}]\n"
      "upstreams: {app: 127.0.0.1:9000}\n");
  const auto& filters = good(result).listeners[0].filters;
  REQUIRE(filters.at(0).fingerprint == filters.at(1).fingerprint);
  REQUIRE(filters[0].fingerprint != filters.at(2).fingerprint);
}

TEST_CASE("config: chains are put in where they are used", "[config]") {
  const LoadResult result = load(
      "chains: {inner: [retry], outer: [{use: inner}, circuit_breaker]}\n"
      "listeners: [{address: 8080, upstream: app, filters: [{use: outer}, respond]}]\n"
      "upstreams: {app: 127.0.0.1:9000}\n");
  const auto& filters = good(result).listeners[0].filters;
  REQUIRE(filters.size() == 3);
  REQUIRE(filters[0].type->name == "retry");
  REQUIRE(filters[0].path == "chains.inner[0].retry");
}

TEST_CASE("config: ${NAME} comes from the environment, filters' own ${words} stay", "[config]") {
  setenv("OUTRIGGER_TEST_PORT", "9000", 1);
  unsetenv("OUTRIGGER_TEST_UNSET");
  const LoadResult result = load(R"(
listeners:
  - address: "${OUTRIGGER_TEST_PORT}"
    routes:
      - respond: {status: "${OUTRIGGER_TEST_UNSET:-404}", body: "${client_ip} $${HOME} ${OUTRIGGER_TEST_PORT}0"}
)");
  const Settings& settings = good(result);
  REQUIRE(settings.listeners[0].address == "9000");
  const auto* respond =
      static_cast<const FakeRespond*>(settings.listeners[0].routes.at(0).respond.value().config.get());
  REQUIRE(respond->status == 404);
  REQUIRE(respond->body == "${client_ip} ${HOME} 90000");
}

TEST_CASE("config: a dump loads to the same texts, whatever they have of ${}", "[config]") {
  const std::string text = "${1} ${client_ip} $${HOME} $${HOME:-x} ${A b} ${ $ $$${HOME}";
  const LoadResult first = load("listeners: [{address: 8080, routes: [{respond: {body: '" + text + "'}}]}]\n");
  const auto body = [](const LoadResult& result) {
    return static_cast<const FakeRespond*>(good(result).listeners.at(0).routes.at(0).respond.value().config.get())
        ->body;
  };
  REQUIRE(body(first) == "${1} ${client_ip} ${HOME} ${HOME:-x} ${A b} ${ $ $${HOME}");
  const LoadResult again = load(dump(good(first), catalog()));
  REQUIRE(body(again) == body(first));
}

TEST_CASE("config: includes append listeners and unite upstreams", "[config]") {
  const outrigger::test::TemporaryDirectory folder;
  folder.put("conf.d/a.yaml", "listeners: [{address: 8081, upstream: b}]\n");
  folder.put("conf.d/b.yaml", "upstreams: {b: 127.0.0.1:9001}\n");
  const std::string main = folder.put("o.yaml", std::string("include: [conf.d/*.yaml]\n") + kSmallest);
  const LoadResult result = load_file(main, catalog());
  const Settings& settings = good(result);
  REQUIRE(settings.listeners.size() == 2);
  REQUIRE(settings.upstreams.size() == 2);
  REQUIRE(settings.files.size() == 3);
  REQUIRE(settings.files[0] == main);
}

TEST_CASE("config: what is defined twice over files is an error that names both", "[config]") {
  const outrigger::test::TemporaryDirectory folder;
  const std::string other = folder.put("a.yaml", "upstreams:\n  app: 127.0.0.1:9001\n");
  const std::string main = folder.put("o.yaml", std::string("include: a.yaml\n") + kSmallest);
  const LoadResult result = load_file(main, catalog());
  REQUIRE_FALSE(result.settings);
  REQUIRE(result.diagnostics.at(0).file == other);
  REQUIRE(result.diagnostics[0].message == "already set at " + main + ":3");
}

TEST_CASE("config: env: and file: among the endpoints stand for what they list", "[config]") {
  const outrigger::test::TemporaryDirectory folder;
  const std::string file = folder.put("list.yaml", "- a:1\n- {address: \"${LIST_TEST_HOST}:2\", weight: 5}\n");
  setenv("LIST_TEST_HOST", "b", 1);
  setenv("LIST_TEST", "c:3, d:4", 1);
  const std::string head = "listeners: [{address: 8080, upstream: app}]\nupstreams: {app: ";
  const auto addresses = [&](const std::string& endpoints) {
    const LoadResult result = load(head + endpoints + "}\n");
    std::string all;
    for (const EndpointSpec& spec : good(result).upstreams.at(0).endpoints) {
      all += spec.address + '*' + std::to_string(spec.weight) + '/' + std::to_string(spec.priority) + ' ';
    }
    return all;
  };
  REQUIRE(addresses("env:LIST_TEST") == "c:3*1/0 d:4*1/0 ");
  REQUIRE(addresses("{endpoints: env:LIST_TEST}") == "c:3*1/0 d:4*1/0 ");
  REQUIRE(addresses("[\"file:" + file + "\", z:9]") == "a:1*1/0 b:2*5/0 z:9*1/0 ");
  REQUIRE(addresses("[{address: \"file:" + file + "\", weight: 3, priority: 1}, env:LIST_TEST]") ==
          "a:1*3/1 b:2*5/1 c:3*1/0 d:4*1/0 ");
}

TEST_CASE("config: a list of endpoints is watched, also when it cannot be read", "[config]") {
  const LoadResult result =
      load("listeners: [{address: 8080, upstream: app}]\nupstreams: {app: \"file:/nonexistent/list.yaml\"}\n");
  REQUIRE_FALSE(result.settings);
  REQUIRE(messages(result) == "2:18: upstreams.app: cannot read /nonexistent/list.yaml: No such file or directory\n");
  REQUIRE(result.sources == std::vector<std::string>{"o.yaml", "/nonexistent/list.yaml"});
}

TEST_CASE("config: certificates and secret files are among the files to watch", "[config]") {
  const outrigger::test::TemporaryDirectory folder;
  const std::string cert = folder.put("tls.crt", "x");
  const std::string key = folder.put("tls.key", "x");
  const std::string token = folder.put("token", "s3cret\n");
  const LoadResult result =
      load("listeners: [{address: 8080, upstream: app, tls: {cert: " + cert + ", key: " + key +
           "}}]\nupstreams: {app: 127.0.0.1:9000}\nadmin: {address: 0.0.0.0:9901, token: \"file:" + token + "\"}\n");
  const Settings& settings = good(result);
  REQUIRE(settings.files == std::vector<std::string>{"o.yaml", cert, key, token});
  REQUIRE(settings.admin->token == "file:" + token);
  REQUIRE(dump(settings, catalog()).find("s3cret") == std::string::npos);
}

TEST_CASE("config: the dump loads to the same settings and says where values were set", "[config][dump]") {
  const LoadResult result = load(
      "listeners:\n  - address: 8080\n    timeouts: {request: 5s}\n    upstream: app\n    filters: [{retry: "
      "{num_retries: 4}}]\n"
      "upstreams: {app: 127.0.0.1:9000}\n");
  const std::string text = dump(good(result), catalog());
  CAPTURE(text);
  REQUIRE(text.find("# o.yaml:3") != std::string::npos);
  const LoadResult again = load(text);
  const auto without_comments = [](const std::string& yaml) {
    std::string out;
    for (std::size_t at = 0; at < yaml.size();) {
      const std::size_t end = yaml.find('\n', at);
      out += yaml.substr(at, yaml.find("  # ", at) - at) + "\n";
      at = end + 1;
    }
    return out;
  };
  REQUIRE(without_comments(dump(good(again), catalog())) == without_comments(text));
}

TEST_CASE("config: a file that is not there is one clear line", "[config]") {
  const LoadResult result = load_file("/nonexistent/o.yaml", catalog());
  REQUIRE(render(result.diagnostics.at(0), false) ==
          "/nonexistent/o.yaml: cannot read /nonexistent/o.yaml: No such file or directory\n");
}

TEST_CASE("config: schema and reference speak of every filter", "[config]") {
  const std::string schema = json_schema(catalog());
  const std::string reference = reference_markdown(catalog());
  for (const char* word : {"num_retries", "failure_rate", "trusted_proxies", "circuit_breaker"}) {
    REQUIRE(schema.find(word) != std::string::npos);
    REQUIRE(reference.find(word) != std::string::npos);
  }
  REQUIRE(reference.find("| `num_retries` | whole number | `2` | Tries after the first. 0 to 10. |") !=
          std::string::npos);
}
