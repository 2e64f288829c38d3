"""adapters.metrics: what services say of themselves, on our page."""
import json
import os
import pathlib
import shutil
import socket
import subprocess
import unittest

from support import raw
from support.case import Case
from support.curl import curl
from support.metrics import Metrics
from support.pages import Pages
from support.ports import free_port
from support.wait import until

NPM = pathlib.Path(__file__).resolve().parents[2] / "npm"

BASE = """
version: 1
listeners: [{address: "@listen@", upstream: app}]
upstreams: {app: {endpoints: ["@app@"]}}
status: {address: "@status@"}
"""


class MetricsCase(Case):
    def serve(self, entries, more="", **values):
        """A proxy whose adapters.metrics has these entries."""
        config = BASE + "adapters:\n  metrics:\n" + "".join(f"    - {entry}\n" for entry in entries) + more
        self.served = self.proxy(config, self.start(raw.Peer.answering()), wait_for=("listen", "status"), **values)
        return self.served

    def page(self):
        return Metrics(self.served.address("status"))

    def value_of(self, name, expected, /, **labels):
        return until(lambda: self.page().value(name, **labels) == expected or None, f"{name} {labels} to be {expected}")

    def until_text(self, text):
        return until(lambda: text in self.page().text, f"{text!r} on the page")


class Statsd(MetricsCase):
    def send(self, *lines):
        host, _, port = self.served.address("statsd").rpartition(":")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
            client.sendto("\n".join(lines).encode(), (host, int(port)))

    def test_lines_become_metrics_by_their_rules(self):
        self.serve(['{statsd: "@statsd@", map: [{match: "app.*.time", name: app_time_seconds, labels: {op: $1}}]}'])
        self.send("app.read.time:320|ms", "app.write.time:20|ms|@0.5", "hits:3|c", "load:2|g", "xx")
        self.value_of("app_time_seconds_count", 1, op="read")
        self.value_of("app_time_seconds_count", 2, op="write")
        self.value_of("hits_total", 3)
        self.value_of("outrigger_statsd_bad_lines_total", 1, reason="value")

    def test_the_admin_api_has_them_too(self):
        self.serve(['{statsd: "@statsd@"}'], more='admin: {address: "@admin@"}')
        self.send("hits:3|c")
        self.value_of("hits_total", 3)
        page = curl(f"http://{self.served.address('admin')}/api/metrics").body.decode()
        self.assertIn("\nhits_total 3\n", page)

    def test_counters_go_on_across_a_reload_that_changes_the_rules(self):
        self.serve(['{statsd: "@statsd@"}'])
        self.send("hits:3|c")
        self.value_of("hits_total", 3)
        text = self.served.file.read_text()
        self.served.file.write_text(text.replace("- {statsd:", "- {labels: {}, buckets: [1], statsd:"))
        self.value_of("outrigger_reloads_total", 2, result="success")
        self.send("hits:4|c")
        self.value_of("hits_total", 7)

    def test_a_port_that_is_taken_refuses_the_configuration(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as taken:
            taken.bind(("127.0.0.1", 0))
            with self.assertRaisesRegex(AssertionError, "cannot receive on 127.0.0.1:"):
                self.serve(['{statsd: "@statsd@"}'], statsd=f"127.0.0.1:{taken.getsockname()[1]}")

    def test_reload_takes_an_adapter_away_and_its_metrics_with_it(self):
        self.serve(['{statsd: "@statsd@"}'])
        self.send("hits:3|c")
        self.value_of("hits_total", 3)
        self.served.write(BASE)
        until(lambda: "hits_total" not in self.page().text, "the metrics of the adapter to go")

    @unittest.skipUnless(shutil.which("node") and (NPM / "node_modules/hot-shots").is_dir(),
                         "PENDING: npm's hot-shots is not installed (scripts/install test)")
    def test_a_real_client_of_dogstatsd_is_understood(self):
        self.serve(['{statsd: "@statsd@", buckets: [0.1, 1]}'])
        script = """
          const StatsD = require('hot-shots');
          const client = new StatsD({host: '127.0.0.1', port: +process.argv[2], prefix: 'shop.', globalTags: {env: 'test'},
                                     maxBufferSize: 1000});
          client.increment('orders', 3, {kind: 'new'});
          client.gauge('queueLen', 7);
          client.gaugeDelta('queueLen', -2);
          client.timing('checkout.time', 250, ['paid']);
          client.histogram('cart.size', 0.5);
          client.distribution('cart.weight', 0.05);
          client.set('users', 'alice');
          client.event('deploy', 'done');
          client.check('db', client.CHECKS.OK);
          client.close(() => {});
        """
        (self.served.dir / "client.js").write_text(script)
        subprocess.run(["node", str(self.served.dir / "client.js"), str(self.served.port("statsd"))], check=True, timeout=60,
                       env={**os.environ, "NODE_PATH": str(NPM / "node_modules")})
        self.value_of("shop_orders_total", 3, kind="new", env="test")
        self.value_of("shop_queue_len", 5, env="test")
        self.value_of("shop_checkout_time_seconds_bucket", 1, le="1", paid="true")
        self.value_of("shop_cart_size_count", 1)
        self.value_of("shop_cart_weight_bucket", 1, le="0.1")
        self.value_of("outrigger_statsd_bad_lines_total", 1, reason="event")
        self.value_of("outrigger_statsd_bad_lines_total", 1, reason="service_check")


class Pulled(MetricsCase):
    def setUp(self):
        self.pages = self.start(Pages())

    def test_numbers_of_a_json_page_are_picked(self):
        self.pages.set("/status", json.dumps({"q": {"len": 3}, "pools": [{"name": "a", "busy": 1}, {"name": "b", "busy": 4}]}))
        self.serve(['{json: "http://@pages@/status", prefix: legacy_, every: 1s, '
                    'pick: {queue: $.q.len, busy: "$.pools[*].busy"}}'], pages=self.pages.address)
        self.value_of("legacy_queue", 3)
        self.value_of("legacy_busy", 4, name="b")
        self.value_of("outrigger_scrape_up", 1, adapter="json")

    def test_a_source_that_is_gone_goes_from_the_page_too(self):
        self.pages.set("/status", '{"n": 1}')
        self.serve(['{json: "http://@pages@/status", every: 1s, stale_after: 1s}'], pages=self.pages.address)
        self.value_of("n", 1)
        self.pages.set("/status", "gone", status=500)
        until(lambda: "\nn 1\n" not in self.page().text, "the metric to go")
        self.value_of("outrigger_scrape_up", 0, adapter="json")
        self.assertGreater(self.page().value("outrigger_scrapes_total", result="bad_status"), 0)
        self.pages.set("/status", '{"n": 2}')
        self.value_of("n", 2)

    def test_an_answer_above_the_limit_is_cut_and_counted(self):
        self.pages.set("/metrics", "a 1\n" + "# comment\n" * 1_000_000)
        self.serve(['{prometheus: "http://@pages@/metrics", every: 1s}'], pages=self.pages.address)
        until(lambda: self.page().value("outrigger_scrapes_total", result="too_large") > 0, "the answer to be refused")
        self.assertNotIn("\na 1\n", self.page().text)
        self.assertIn("is larger than 1048576 bytes", self.served.stderr())

    def test_a_page_of_prometheus_is_merged_and_clashes_are_prefixed(self):
        self.pages.set("/metrics", "# HELP jobs_total Jobs.\n# TYPE jobs_total counter\njobs_total{q=\"a\"} 5\n"
                                   "# HELP process_open_fds Open.\n# TYPE process_open_fds gauge\nprocess_open_fds 99\n")
        self.serve(['{prometheus: "http://@pages@/metrics", every: 1s, labels: {app: shop}}',
                    '{prometheus: "http://@pages@/metrics?2", every: 1s, series: 1}'], pages=self.pages.address)
        self.pages.set("/metrics?2", "# TYPE process_open_fds gauge\nprocess_open_fds 77\n")
        self.value_of("jobs_total", 5, q="a", app="shop")
        self.value_of("process_open_fds", 99, app="shop")
        self.value_of("app_process_open_fds", 77)

    def test_a_page_that_is_wrong_is_refused_whole(self):
        self.pages.set("/metrics", "good 1\nbad{ 1\n")
        self.serve(['{prometheus: "http://@pages@/metrics", every: 1s}'], pages=self.pages.address)
        until(lambda: self.page().value("outrigger_scrapes_total", result="bad_content") > 0, "the page to be refused")
        self.assertNotIn("\ngood 1\n", self.page().text)
        self.assertIn("line 2:", self.served.stderr())

    def test_what_a_process_uses_is_told(self):
        self.serve(['{pid: @pid@, labels: {process: test}, every: 1s}'], pid=str(os.getpid()))
        self.value_of("app_processes", 1, process="test")
        self.assertGreater(self.page().value("app_process_resident_memory_bytes"), 1_000_000)


class Formats(MetricsCase):
    def test_openmetrics_is_spoken_where_it_is_asked_for(self):
        self.serve(['{statsd: "@statsd@"}'])
        url = f"http://{self.served.address('status')}/metrics"
        plain = curl(url)
        self.assertIn("text/plain; version=0.0.4", plain.head.get("Content-Type"))
        self.assertNotIn(b"# EOF", plain.body)
        wanted = curl("-H", "Accept: application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.3,*/*;q=0.1", url)
        self.assertIn("application/openmetrics-text; version=1.0.0", wanted.head.get("Content-Type"))
        self.assertTrue(wanted.body.endswith(b"# EOF\n"))
        refused = curl("-H", "Accept: application/openmetrics-text;q=0.1, text/plain", url)
        self.assertIn("text/plain; version=0.0.4", refused.head.get("Content-Type"))
