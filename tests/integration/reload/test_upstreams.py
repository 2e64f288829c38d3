"""Upstreams across reloads: what is under way there counts, what goes on goes on, and what is gone ends."""
import json
import threading
import urllib.request

from support import raw
from support.case import Case
from support.dns import DnsServer
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


class Background(UpstreamCase):
    """While a request of the first configuration runs on and on."""
    CHECKED = '{endpoints: ["@checked@"], filters: [], health_check: {path: /healthz, interval: 30ms, fast_interval: 30ms, timeout: 5s}}'
    BOTH = f"stays: {CHECKED.replace('@checked@', '@staying@')}\n  gone: {CHECKED}"
    STAYS = BOTH.partition("\n")[0]

    def setUp(self):
        self.go_on = threading.Event()
        self.addCleanup(self.go_on.set)
        self.service = self.start(raw.Peer.answering(raw.wait(self.go_on), raw.answer()))

    def begin_long_request(self):
        long = self.client(self.served).send(GET)
        until(lambda: len(self.service.requests) == 1, "the long request to arrive")
        return long

    def end(self, long):
        self.go_on.set()
        self.assertEqual(200, long.response().status)

    def test_an_upstream_that_is_gone_is_checked_no_more_and_its_connections_close(self):
        staying, gone = (self.start(raw.Peer.answering()) for _ in range(2))
        self.served = self.proxy(self.text(upstreams=self.BOTH, other="gone"), self.service, dns="127.0.0.1:9", workers=2,
                                 staying=staying.address, checked=gone.address)
        long = self.begin_long_request()
        self.assertEqual(200, self.client_of_other().get().status)
        until(lambda: len(gone.requests) > 3, "checks")
        self.reload(upstreams=self.STAYS)
        until(lambda: gone.open == 0, "its connections to close")
        checks, going_on = len(gone.requests), len(staying.requests)
        until(lambda: len(staying.requests) >= going_on + 20, "checks of the one that stays")
        self.assertEqual(checks, len(gone.requests))
        self.assertEqual(0, self.value("upstream_endpoints", upstream="gone"))

        self.reload(upstreams=self.BOTH, other="gone")
        until(lambda: len(gone.requests) >= checks + 3, "checks of the one that is back")
        self.assertEqual(200, self.client_of_other().get().status)
        self.assertGreater(self.value("upstream_endpoints", upstream="gone"), 0)
        self.end(long)

    def client_of_other(self):
        return self.enterContext(raw.Client(self.served.port("listen_other")))

    def test_what_checks_found_stands_when_it_comes_back(self):
        ill = raw.answer("ill", "500 Internal Server Error")
        staying, gone = self.start(raw.Peer.answering()), self.start(raw.Peer.answering(ill))
        self.served = self.proxy(self.text(upstreams=self.BOTH), self.service, dns="127.0.0.1:9", workers=2,
                                 staying=staying.address, checked=gone.address)
        health = lambda: next(each for each in self.api("/api/upstreams") if each["name"] == "gone")["endpoints"][0]["health"]["state"]
        long = self.begin_long_request()
        until(lambda: health() == "unhealthy", "it to be found ill")
        self.reload(upstreams=self.STAYS)
        self.reload(upstreams=self.BOTH)
        self.assertEqual("unhealthy", health())
        self.end(long)

    def test_names_of_an_upstream_that_is_gone_or_changed_are_looked_up_no_more(self):
        dns = self.start(DnsServer({"gone.test": {"A": ["127.0.0.1"]}, "changed.test": {"A": ["127.0.0.1"]},
                                    "stays.test": {"A": ["127.0.0.1"]}, "_http.gone.test": {"SRV": [(0, 0, 80, "target.test")]},
                                    "target.test": {"A": ["127.0.0.1"]}}))
        count = lambda name: sum(1 for asked, _ in dns.questions if asked == name)
        stays = 'stays: {endpoints: ["stays.test:80"]}\n  '
        self.serve(self.service, dns=dns.address, upstreams=stays + 'changed: {endpoints: ["changed.test:80"]}\n  '
                   'gone: {endpoints: ["gone.test:80", "dns+srv://_http.gone.test"]}')
        long = self.begin_long_request()
        until(lambda: count("target.test") and count("gone.test"), "look-ups")
        self.reload(upstreams=stays + 'changed: {endpoints: ["127.0.0.1:80"]}')
        done = count("stays.test")
        until(lambda: count("stays.test") >= done + 4, "look-ups to end that were under way")  # two questions a second, of each worker
        asked = {name: count(name) for name, _ in dns.questions}
        until(lambda: count("stays.test") >= asked["stays.test"] + 12, "look-ups of the one that stays")
        self.assertEqual({**asked, "stays.test": 0}, {**{name: count(name) for name in asked}, "stays.test": 0})
        self.end(long)
