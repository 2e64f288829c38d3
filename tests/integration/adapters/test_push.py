"""adapters.metrics.push: to real receivers, or checked against their published definitions."""
import json
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import unittest
import urllib.request

from support.pages import Pages
from support.prometheus import PrometheusServer
from support.services import Service
from support.wait import PATIENCE, until

sys.path.insert(0, str(pathlib.Path(__file__).parent))
from test_metrics import NPM, MetricsCase  # noqa: E402

PROTOS = NPM / "node_modules/@opentelemetry/otlp-grpc-exporter-base/build/protos"
SERVICE = "opentelemetry/proto/collector/metrics/v1/metrics_service.proto"
REQUEST = "opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest"


def decoded(content):
    """A request as protoc shows it by the published definitions; what they do not define would be a bare number."""
    done = subprocess.run(["protoc", f"-I{PROTOS}", f"--decode={REQUEST}", SERVICE], input=content, capture_output=True,
                          check=True, timeout=60)
    text = done.stdout.decode()
    unknown = re.findall(r"^\s*\d+[:{ ].*$", text, re.M)
    assert not unknown, unknown
    return text


class Pushgateway(Service):
    def command(self):
        return ["prometheus-pushgateway", f"--web.listen-address=127.0.0.1:{self.port}"]


class Otlp(MetricsCase):
    @unittest.skipUnless(PROTOS.is_dir() and shutil.which("protoc"),
                         "PENDING: OpenTelemetry's .proto files or protoc are missing (scripts/install test)")
    def test_what_is_pushed_is_defined_by_opentelemetry(self):
        pages = self.start(Pages())
        pages.set("/metrics", "# TYPE s summary\ns{quantile=\"0.5\"} 0.25\ns_sum 9\ns_count 7\n"
                              "# TYPE jobs counter\njobs_total 3 # {trace_id=\"4bf92f3577b34da6a3ce929d0e0e4736\","
                              "span_id=\"00f067aa0ba902b7\",zone=\"a\"} 1 1600000000.5\n# TYPE bare unknown\nbare NaN\n# EOF\n")
        self.serve(['{prometheus: "http://@pages@/metrics", every: 1s}',
                    '{push: {otlp: "http://@pages@", every: 1s, resource: {service.name: shop}, only: [s, jobs_total, bare, '
                    'outrigger_*, process_*]}}'], pages=pages.address)

        def pushed():
            return [decoded(content) for _, content in pages.received("/v1/metrics")[-3:] if b"jobs_total" in content]
        text = until(pushed, "a push")[0]
        headers, _ = pages.received("/v1/metrics")[0]
        self.assertEqual("application/x-protobuf", headers["Content-Type"])
        self.assertRegex(text, r'key: "service.name"\s+value \{\s+string_value: "shop"')
        self.assertRegex(text, r'name: "jobs_total"[^}]*sum \{\s+data_points \{\s+start_time_unix_nano: \d+\s+'
                               r'time_unix_nano: \d+\s+as_double: 3\s+exemplars \{\s+time_unix_nano: 1600000000500000000\s+'
                               r'as_double: 1\s+span_id: "[^"]+"\s+trace_id: "[^"]+"\s+filtered_attributes \{')
        self.assertIn("aggregation_temporality: AGGREGATION_TEMPORALITY_CUMULATIVE", text)
        self.assertIn("is_monotonic: true", text)
        self.assertRegex(text, r"quantile_values \{\s+quantile: 0.5\s+value: 0.25\s+\}")
        self.assertRegex(text, r"histogram \{")
        self.assertEqual(text.count("bucket_counts:") % 16, 0)
        self.assertNotIn('"bare"', text)

    def test_the_last_push_is_at_the_end_of_the_process(self):
        pages = self.start(Pages())
        self.serve(['{push: {otlp: "http://@pages@", every: 1h}}'], pages=pages.address)
        self.assertEqual([], pages.received("/v1/metrics"))
        self.served.stop()
        self.assertEqual(1, len(pages.received("/v1/metrics")))

    def test_a_collector_that_refuses_is_told_once_and_asked_again(self):
        pages = self.start(Pages())
        pages.set("/v1/metrics", "", status=503)
        self.serve(['{push: {otlp: "http://@pages@", every: 1s}}'], pages=pages.address)
        until(lambda: self.page().value("outrigger_pushes_total", result="failed") >= 2, "two failures")
        self.assertEqual(1, self.served.stderr().count("metrics cannot be pushed"))
        pages.set("/v1/metrics", "")
        until(lambda: self.page().value("outrigger_pushes_total", result="sent") > 0, "a push that is taken")


class OtherReceivers(MetricsCase):
    @unittest.skipUnless(shutil.which("prometheus-pushgateway"), "PENDING: prometheus-pushgateway is not installed")
    def test_a_real_pushgateway_takes_everything(self):
        gateway = self.start(Pushgateway())
        self.serve(['{statsd: "@statsd@"}',
                    '{push: {pushgateway: "http://@gateway@", job: "my shop/1", grouping: {instance: a}, every: 1s}}'],
                   gateway=gateway.address)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto(b"hits:3|c\nreq:20|ms", ("127.0.0.1", self.served.port("statsd")))
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

        def shown():
            text = opener.open(f"http://{gateway.address}/metrics", timeout=PATIENCE).read().decode()
            return text if 'hits_total{instance="a",job="my shop/1"} 3' in text else None
        text = until(shown, "the counter at the gateway")
        self.assertIn('req_seconds_count{instance="a",job="my shop/1"} 1', text)
        self.assertIn("outrigger_connections_total", text)

    def test_statsd_gets_what_counters_grew_by(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
            server.bind(("127.0.0.1", 0))
            server.settimeout(PATIENCE)
            self.serve(['{statsd: "@statsd@"}', '{push: {statsd: "@receiver@", every: 1s, only: [hits_total, load]}}'],
                       receiver=f"127.0.0.1:{server.getsockname()[1]}")
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
                client.sendto(b"hits:3|c|#q:a\nload:7|g", ("127.0.0.1", self.served.port("statsd")))
            self.assertEqual({"hits_total:3|c|#q:a", "load:7|g"}, set(server.recv(2000).decode().split()))
            self.assertEqual("load:7|g\n", server.recv(2000).decode())


class RealPrometheus(MetricsCase):
    EVERYTHING = ['{statsd: "@statsd@", buckets: [0.1, 1], map: [{match: "app.*.time", name: app_time_seconds, labels: {op: $1}}]}',
                  '{json: "http://@pages@/status", prefix: legacy_, every: 1s}',
                  '{prometheus: "http://@pages@/metrics", every: 1s}',
                  '{process: outrigger-no-such-process, every: 1s}', '{pid: 1, every: 1s}',
                  "{from_logs: 'ERROR (?P<kind>\\w+)', counter: app_errors_total}",
                  '{push: {otlp: "http://@pages@/otlp", every: 1s}}']

    def everything(self):
        pages = self.start(Pages())
        pages.set("/status", json.dumps({"queueLen": 3, "jobs_total": 7, "pools": [{"name": "a\"b", "size": 1}]}))
        pages.set("/metrics", "# HELP shop_orders_total Orders.\n# TYPE shop_orders_total counter\nshop_orders_total{q=\"a\"} 5\n"
                              "process_open_fds 3\n# TYPE d summary\nd{quantile=\"0.5\"} 1\nd_sum 1\nd_count 1\n")
        self.serve(self.EVERYTHING, pages=pages.address)
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto(b"hits:3|c\napp.x.time:20|ms\nload:-1|g\nusers:a|s\nK\xf6ln:1|c|#x:\xff\nbad", ("127.0.0.1", self.served.port("statsd")))
        self.value_of("hits_total", 3)
        self.value_of("legacy_queue_len", 3)
        self.value_of("shop_orders_total", 5)
        until(lambda: self.page().value("outrigger_pushes_total", result="sent") > 0, "a push")

    @unittest.skipUnless(shutil.which("promtool"), "PENDING: promtool (Debian's prometheus) is not installed")
    def test_promtool_has_nothing_to_say(self):
        self.everything()
        done = subprocess.run(["promtool", "check", "metrics"], input=self.page().text, text=True, capture_output=True,
                              check=False, timeout=60)
        self.assertEqual((0, "", ""), (done.returncode, done.stdout, done.stderr))

    @unittest.skipUnless(shutil.which("prometheus"), "PENDING: Debian's prometheus is not installed")
    def test_a_real_prometheus_scrapes_the_page(self):
        self.everything()
        server = self.start(PrometheusServer(self.served.address("status")))
        found = until(lambda: server.query("up{job=\"outrigger\"}") or None, "a scrape")
        self.assertEqual("1", found[0]["value"][1], server.targets())
        for query in ("hits_total == 3", "legacy_queue_len == 3", 'app_time_seconds_count{op="x"} == 1', 'shop_orders_total{q="a"} == 5',
                      'legacy_pools_size{name="a\\"b"} == 1', "app_process_open_fds == 3", "outrigger_build_info == 1"):
            with self.subTest(query):
                until(lambda query=query: server.query(query) or None, f"{query} in Prometheus")
