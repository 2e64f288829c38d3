#include "adapters/health/webhook.h"

#include <catch2/catch.hpp>
#include <optional>

#include "support/adapter_harness.h"
#include "support/manual_peer.h"

namespace outrigger::adapters {

using Catch::Contains;

namespace {

WebhookOptions to(std::string url) {
  WebhookOptions options;
  options.url = std::move(url);
  return options;
}

}  // namespace

TEST_CASE("health: what a webhook was not told before a reload it is told after it", "[adapter][health]") {
  test::AdapterHarness harness;
  test::ManualPeer peer;
  std::optional<Webhook> before(std::in_place, to(peer.url()), std::map<std::string, std::string>{}, "webhook-test",
                                harness.services());
  before->send("{\"news\":1}");
  REQUIRE(harness.run_until([&] { return peer.has_request(); }));
  Webhook after(to(peer.url() + "/new"), {}, "webhook-test", harness.services());
  before.reset();
  CHECK_FALSE(after.is_idle());
  after.start();
  REQUIRE(harness.run_until([&] { return peer.has_request() && peer.request().starts_with("POST /new "); }));
  CHECK_THAT(peer.request(), Contains("{\"news\":1}"));
  peer.answer(200);
  CHECK(harness.run_until([&] { return after.is_idle(); }));
}

TEST_CASE("health: at the end a webhook that waits is tried once more, at once", "[adapter][health]") {
  test::AdapterHarness harness;
  test::ManualPeer peer;
  Webhook webhook(to(peer.url()), {}, "hurried", harness.services());
  webhook.send("{}");
  REQUIRE(harness.run_until([&] { return peer.has_request(); }));
  peer.answer(503);
  const std::string failed = "outrigger_health_webhooks_total{name=\"hurried\",result=\"failed\"} 1\n";
  REQUIRE(harness.run_until([&] { return stats::exposition().find(failed) != std::string::npos; }));
  webhook.hurry();
  REQUIRE(harness.run_until([&] { return peer.has_request(); }));
  peer.answer(503);
  CHECK(harness.run_until([&] { return webhook.is_idle(); }));
}

TEST_CASE("health: the end of the process waits for the webhook", "[adapter][health]") {
  test::AdapterHarness harness;
  test::ManualPeer peer;
  Adapter* health = harness.add("health", "{name: last, webhook: '" + peer.url() + "', all: [{pid: 4194304}]}");
  REQUIRE(health != nullptr);
  health->finish();
  CHECK_FALSE(health->has_finished());
  REQUIRE(harness.run_until([&] { return peer.has_request(); }));
  CHECK_THAT(peer.request(), Contains("\"status\":\"unhealthy\""));
  peer.answer(200);
  CHECK(harness.run_until([&] { return health->has_finished(); }));
}

}  // namespace outrigger::adapters
