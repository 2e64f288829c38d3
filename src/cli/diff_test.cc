#include <algorithm>
#include <catch2/catch.hpp>

#include "config/leaves.h"
#include "config/load.h"
#include "server/catalog.h"

using namespace outrigger;
using namespace outrigger::config;

namespace {

Settings settings(const std::string& filters) {
  const std::string text =
      "version: 1\nlisteners:\n  - name: web\n    address: 127.0.0.1:8080\n    filters: " + filters +
      "\n    upstream: app\nupstreams: {app: 127.0.0.1:9}\n";
  auto loaded = load_text(text, "test.yaml", server::catalog());
  REQUIRE(loaded.settings);
  return std::move(*loaded.settings);
}

const Leaf* find(const std::vector<Leaf>& all, std::string_view path) {
  const auto found = std::ranges::find(all, path, &Leaf::path);
  return found == all.end() ? nullptr : &*found;
}

}  // namespace

TEST_CASE("leaves: every value with its path and where it was set", "[config]") {
  const auto all = leaves(settings("[{headers: {}}, {retry: {num_retries: 4}}]"), PartNames::by_place);
  const Leaf* const retries = find(all, "listeners[0].filters[1].retry.num_retries");
  REQUIRE(retries != nullptr);
  CHECK(retries->value == "4");
  CHECK(retries->origin == "test.yaml:5");
  const Leaf* const headers = find(all, "listeners[0].filters[0].headers");
  REQUIRE(headers != nullptr);
  CHECK(headers->value == "{}");
  CHECK(headers->origin == "test.yaml:5");
  REQUIRE(find(all, "listeners[0].address") != nullptr);
  CHECK(find(all, "upstreams.app.filters[0].retry.num_retries")->origin == "default");
}

TEST_CASE("leaves: differences go by names, and filters of one kind are counted", "[config]") {
  const Settings before = settings("[{retry: {}}, {retry: {num_retries: 4}}]");
  const Settings after = settings("[{headers: {}}, {retry: {}}, {retry: {num_retries: 5}}]");
  const auto found = differences(before, after);
  REQUIRE(found.size() >= 2);
  CHECK(found[0].path == "listeners[web].filters");
  CHECK(found[0].before == "[retry, retry]");
  CHECK(found[0].after == "[headers, retry, retry]");
  const auto number = std::ranges::find(found, "listeners[web].filters.retry#2.num_retries", &Difference::path);
  REQUIRE(number != found.end());
  CHECK(number->before == "4");
  CHECK(number->after == "5");
  CHECK(differences(after, after).empty());
}

TEST_CASE("leaves: routes of one name are counted", "[config]") {
  const auto with = [](const std::string& second) {
    auto loaded = load_text(
        "version: 1\nlisteners: [{name: web, address: 127.0.0.1:8080, routes: [{name: a, match: {path: {exact: /x}}, "
        "upstream: "
        "app}, {name: a, upstream: " +
            second + "}]}]\nupstreams: {app: 127.0.0.1:9, other: 127.0.0.1:10}\n",
        "test.yaml", server::catalog());
    REQUIRE(loaded.settings);
    return std::move(*loaded.settings);
  };
  CHECK(differences(with("other"), with("other")).empty());
  const auto found = differences(with("app"), with("other"));
  REQUIRE(found.size() == 1);
  CHECK(found[0].path == "listeners[web].routes[a#2].upstream");
  CHECK(found[0].after == "other");
}

TEST_CASE("leaves: adapters are counted by kind too", "[config]") {
  const auto with = [](const std::string& metrics) {
    auto loaded = load_text("version: 1\nadapters: {metrics: [" + metrics + "]}\n", "test.yaml", server::catalog());
    REQUIRE(loaded.settings);
    return std::move(*loaded.settings);
  };
  const Settings before = with("{statsd: 127.0.0.1:8125}");
  const auto all = leaves(before, PartNames::by_place);
  REQUIRE(find(all, "adapters.metrics[0].statsd") != nullptr);
  CHECK(find(all, "adapters.metrics[0].statsd")->value == "127.0.0.1:8125");
  const Settings after = with("{prometheus: \"http://127.0.0.1:1/metrics\"}, {statsd: 127.0.0.1:8126}");
  const auto found = differences(before, after);
  const auto address = std::ranges::find(found, "adapters.metrics.statsd.statsd", &Difference::path);
  REQUIRE(address != found.end());
  CHECK(address->after == "127.0.0.1:8126");
}
