#include "adapters/statsd/statsd.h"

#include <malloc.h>
#include <sys/socket.h>
#include <unistd.h>

#include <catch2/catch.hpp>

#include "support/adapter_harness.h"
#include "support/temporary_file.h"

namespace outrigger::adapters {

using Catch::Contains;

namespace {

// A socket of this process's own, so that nothing else sends to it.
std::string address() { return "unix:/tmp/outrigger-statsd-test-" + std::to_string(::getpid()); }

Statsd& add(test::AdapterHarness& harness, const std::string& more) {
  auto* made = harness.add("metrics", "{statsd: '" + address() + "', " + more + "}");
  if (made == nullptr) FAIL(harness.errors());
  return *static_cast<Statsd*>(made);
}

}  // namespace

TEST_CASE("statsd: each type becomes the metric that fits it", "[adapter][statsd]") {
  test::AdapterHarness harness;
  Statsd& statsd = add(harness, "buckets: [0.1, 1]");
  statsd.take("hits:2|c\nhits:1|c|@0.1\nload:5|g\nload:-2|g\nload:+4|g\nreq.time:50|ms\nreq.time:500|ms|@0.5\n");
  statsd.take("queueLen:0.05|h|#Shard:a,hot");
  const std::string page = harness.metrics();
  CHECK_THAT(page, Contains("# TYPE hits_total counter\nhits_total 12\n"));
  CHECK_THAT(page, Contains("# TYPE load gauge\nload 7\n"));
  CHECK_THAT(page, Contains("req_time_seconds_bucket{le=\"0.1\"} 1\nreq_time_seconds_bucket{le=\"1\"} 3\n"));
  CHECK_THAT(page, Contains("req_time_seconds_sum 1.05\n"));
  CHECK_THAT(page, Contains("queue_len_bucket{hot=\"true\",shard=\"a\",le=\"0.1\"} 1\n"));
}

TEST_CASE("statsd: the first rule that matches names the metric and its labels", "[adapter][statsd]") {
  test::AdapterHarness harness;
  Statsd& statsd =
      add(harness,
          "unmapped: false, labels: {app: shop}, map: [{match: 'app.*.time', name: app_time_seconds, labels: "
          "{op: $1}, buckets: [1]}, {match: 'noise.*', drop: true}, {match: 'app.*.*', name: "
          "'app_$2_total', labels: {op: $1}}]");
  statsd.take("app.read.time:320|ms\napp.read.errors:3|c\nnoise.x:1|c\nother:1|c\napp.read.deep.time:1|ms\n");
  const std::string page = harness.metrics();
  CHECK_THAT(page, Contains("app_time_seconds_sum{app=\"shop\",op=\"read\"} 0.32\n"));
  CHECK_THAT(page, Contains("app_errors_total{app=\"shop\",op=\"read\"} 3\n"));
  CHECK_THAT(page, !Contains("other") && !Contains("noise") && !Contains("deep"));
}

TEST_CASE("statsd: garbage is counted by reason, and the lines around it still count", "[adapter][statsd]") {
  test::AdapterHarness harness;
  Statsd& statsd = add(harness, "series: 2");
  statsd.take("a:1|c\nxx\n\xff\xfe:1|q\n\nb:nan|g\nb:1|c\nc:1|c\na:-1|c\na:1|g\n");
  CHECK_THAT(harness.metrics(), Contains("a_total 1\n") && Contains("b_total 1\n") && !Contains("c_total"));
  const std::string ours = stats::exposition();
  for (const char* reason : {"value\"} 2", "type\"} 1", "empty\"} 1"}) {
    CHECK_THAT(ours, Contains("outrigger_statsd_bad_lines_total{origin=\"" + address() + "\",reason=\"" + reason));
  }
}

TEST_CASE("statsd: what would make a total infinite is refused, and the total goes on", "[adapter][statsd]") {
  test::AdapterHarness harness;
  Statsd& statsd = add(harness, "buckets: [1.5]");
  statsd.take("a:1|c\na:1e308|c\na:1e308|c\na:1e308|c|@0.1");
  statsd.take("g:+1e308|g\ng:+1e308|g\nh:1e308|h\nh:1e308|h\nnew:1e308|c|@0.1\nnever:1e308|h|@0.1");
  statsd.take("t:1|ms|@1e-300");
  const std::string page = harness.metrics();
  CHECK_THAT(page, Contains("a_total 1e+308\n") && Contains("g 1e+308\n"));
  CHECK_THAT(page, Contains("h_count 1\nh_sum 1e+308\n"));
  CHECK_THAT(page, !Contains("new_total") && !Contains("never") && !Contains("t_seconds"));
}

TEST_CASE("statsd: a tag that is no UTF-8 does not spoil the page", "[adapter][statsd]") {
  test::AdapterHarness harness;
  add(harness, "stale_after: 0s").take("a:1|c|#city:K\xf6ln\na:1|c|#city:K\xc3\xb6ln");
  CHECK_THAT(harness.metrics(), Contains("{city=\"K?ln\"} 1\n") && Contains("{city=\"K\xc3\xb6ln\"} 1\n"));
}

TEST_CASE("statsd: labels that a page cannot have twice are refused", "[adapter][statsd]") {
  test::AdapterHarness harness;
  add(harness, "sets_every: 10s").take("a:1|ms|#le:1\na:1|c|#le:1\nb:1|c|#x:1,X:2");
  CHECK_THAT(harness.metrics(),
             Contains("a_total{le=\"1\"} 1\n") && !Contains("a_seconds") && Contains("b_total{x=\"2\"} 1\n"));
}

TEST_CASE("statsd: datagrams are read from a Unix socket, which a changed adapter keeps", "[adapter][statsd]") {
  test::AdapterHarness harness;
  const test::TemporaryFile place("");
  const std::string path = place.path() + ".socket";
  REQUIRE(harness.add("metrics", "{statsd: 'unix:" + path + "'}"));
  const auto address = net::Address::parse("unix:" + path);
  const int client = ::socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  REQUIRE(::connect(client, address->get(), address->length()) == 0);
  REQUIRE(::send(client, "a:1|c", 5, 0) == 5);
  CHECK(harness.run_until([&] { return harness.metrics().find("a_total 1") != std::string::npos; }));
  REQUIRE(harness.add("metrics", "{statsd: 'unix:" + path + "', prefix: x_}"));
  REQUIRE(::send(client, "a:1|c", 5, 0) == 5);
  CHECK(harness.run_until([&] {
    return harness.metrics().find("a_total 2") != std::string::npos ||
           harness.metrics().find("x_a_total 1") != std::string::npos;
  }));
  ::close(client);
  harness.clear();
  CHECK(::access(path.c_str(), F_OK) != 0);
}

TEST_CASE("statsd: members of a set are counted once an interval", "[adapter][statsd]") {
  test::AdapterHarness harness;
  Statsd& statsd = add(harness, "sets_every: 1s");
  statsd.take("users:alice|s\nusers:bob|s\nusers:alice|s");
  CHECK(harness.run_until([&] { return harness.metrics().find("users 2\n") != std::string::npos; }));
  CHECK(harness.run_until([&] { return harness.metrics().find("users 0\n") != std::string::npos; }));
}

TEST_CASE("statsd: a set keeps no members, however long they are", "[adapter][statsd]") {
  test::AdapterHarness harness;
  Statsd& statsd = add(harness, "sets_every: 1s");
  const auto before = ::mallinfo2().uordblks;  // 0 both times under a sanitizer
  for (int i = 0; i < 1000; ++i) statsd.take("users:" + std::string(10'000, 'x') + std::to_string(i) + "|s");
  CHECK(::mallinfo2().uordblks - before < 1'000'000);
  CHECK(harness.run_until([&] { return harness.metrics().find("users 1000\n") != std::string::npos; }));
}

TEST_CASE("statsd: rules that cannot work are refused with the configuration", "[adapter][statsd]") {
  struct Row {
    const char* entry;
    const char* error;
  };
  for (const Row& row :
       {Row{"{statsd: 'no address'}", "no address"},
        Row{"{statsd: '203.0.113.1:8125'}", "cannot receive on 203.0.113.1:8125"},
        Row{"{statsd: '127.0.0.1:1', map: [{match: 'a.*', name: m, labels: {l: $2}}]}", "$2 has no star"},
        Row{"{statsd: '127.0.0.1:1', map: [{match: 'a.*'}]}", "needs either a name or drop"},
        Row{"{statsd: '127.0.0.1:1', map: [{match: 'a', name: 'a-b'}]}", "no name of a metric"},
        Row{"{statsd: '127.0.0.1:1', labels: {a-b: c}}", "no name of a label"}}) {
    CAPTURE(row.entry);
    test::AdapterHarness harness;
    CHECK(harness.add("metrics", row.entry) == nullptr);
    CHECK_THAT(harness.errors(), Contains(row.error));
  }
}

}  // namespace outrigger::adapters
