"""Upstreams across reloads: what is under way there counts."""
import json
import threading
import urllib.request

from support import raw
from support.case import Case
from support.metrics import Metrics
from support.wait import until

GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
CONFIG = """
version: 1
dns: {servers: ["@dns@"]}
listeners:
  - {address: "@listen@", upstream: app}
  - {address: "@listen_other@", upstream: OTHER}
upstreams:
  app: {endpoints: ["@app@"], filters: [], APP}
  UPSTREAMS
status: {address: "@listen_status@"}
admin: {address: "@listen_admin@"}
"""


class UpstreamCase(Case):
    def text(self, app="", upstreams="", other="app"):
        return CONFIG.replace("APP", app).replace("UPSTREAMS", upstreams).replace("OTHER", other)

    def serve(self, service, dns="127.0.0.1:9", **options):
        self.served = self.proxy(self.text(**options), service, dns=dns, workers=2)

    def api(self, path, method="GET"):
        request = urllib.request.Request(f"http://{self.served.address('listen_admin')}{path}", method=method)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20) as answer:
            return json.load(answer)

    def reload(self, **options):
        self.served.write(self.text(**options))
        self.assertTrue(self.api("/api/reload", "POST")["ok"])

    def value(self, name, **labels):
        return Metrics(self.served.address("listen_status")).value(f"outrigger_{name}", **labels)


class Limits(UpstreamCase):
    def setUp(self):
        self.go_on = threading.Event()
        self.addCleanup(self.go_on.set)
        self.service = self.start(raw.Peer.answering(raw.wait(self.go_on), raw.answer()))
        self.clients = []

    def limited(self, limits):
        return {"app": f"limits: {{{limits}}}"}

    def arrive(self, count):
        """So many requests more reach the service."""
        sum_ = len(self.service.requests) + count
        self.clients += [self.client(self.served).send(GET) for _ in range(count)]
        until(lambda: len(self.service.requests) == sum_, f"{count} requests to arrive")

    def refused(self, count=4):
        before = len(self.service.requests)
        self.assertEqual([503] * count, [self.client(self.served).get().status for _ in range(count)])
        self.assertEqual(before, len(self.service.requests))

    def test_requests_under_way_count_after_a_change_of_the_limits(self):
        self.serve(self.service, **self.limited("in_flight: 4, queue: 0"))
        self.arrive(4)
        for limits in ("in_flight: 4, queue: 0, queue_timeout: 2s", "in_flight: 2, queue: 0", "in_flight: 4, queue: 0"):
            with self.subTest(limits):
                self.reload(**self.limited(limits))
                self.refused()
        self.reload(**self.limited("in_flight: 6, queue: 0"))
        self.arrive(2)
        self.refused()
        self.go_on.set()
        self.assertEqual([200] * 6, [client.response().status for client in self.clients])
        until(lambda: self.value("upstream_requests_in_flight") == 0, "all slots to be free")

    def test_they_count_when_the_upstream_is_made_anew_or_comes_back(self):
        self.serve(self.service, **self.limited("in_flight: 2, queue: 0"))
        self.arrive(2)
        self.reload(app="limits: {in_flight: 2, queue: 0}, load_balancing: random")
        self.refused()
        self.served.write("version: 1\nlisteners: [{address: '@listen_other@', routes: [{respond: {status: 204}}]}]\n"
                          "status: {address: '@listen_status@'}\nadmin: {address: '@listen_admin@'}\n")
        self.assertTrue(self.api("/api/reload", "POST")["ok"])
        self.assertEqual([], self.api("/api/upstreams"))
        self.reload(**self.limited("in_flight: 2, queue: 0"))
        self.refused()
        self.go_on.set()
        self.assertEqual([200] * 2, [client.response().status for client in self.clients])

    def test_who_waits_goes_on_waiting_and_gets_what_a_higher_limit_frees(self):
        self.serve(self.service, **self.limited("in_flight: 1, queue: 3, queue_timeout: 5m"))
        self.arrive(1)
        queued = [self.client(self.served).send(GET) for _ in range(3)]
        until(lambda: self.value("upstream_requests_queued") == 3, "three to wait")
        self.reload(**self.limited("in_flight: 1, queue: 0, queue_timeout: 1ms"))
        self.refused()
        self.assertEqual(3, self.value("upstream_requests_queued"))
        self.reload(**self.limited("in_flight: 3, queue: 0, queue_timeout: 1ms"))
        until(lambda: len(self.service.requests) == 3, "two of them to arrive")
        self.assertEqual(1, self.value("upstream_requests_queued"))
        self.go_on.set()
        self.assertEqual([200] * 4, [client.response().status for client in self.clients + queued])
