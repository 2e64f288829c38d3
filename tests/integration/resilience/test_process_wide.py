"""Limits, budget, breaker, ejection and health are one for the process: four workers, each with four of sixteen clients, come to
what one worker would. With a state of its own each worker would allow, or need, four times as much."""
import json
import threading
import time

from support import raw
from support.case import Case
from support.curl import curl
from support.metrics import Metrics
from support.ports import free_port
from support.wait import until

CONFIG = """
version: 1
listeners:
  - address: "@listen@"
    routes: [{match: {path: {exact: /hello}}, respond: {status: 204}}, {upstream: app}]
upstreams: {app: {endpoints: [@endpoints@], load_balancing: round_robin, OPTIONS}}
status: {address: "@status@"}
admin: {address: "@admin@"}
"""
WORKERS, CLIENTS = 4, 16
GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
UNAVAILABLE = raw.answer("no", "503 Service Unavailable")
NO_OUTLIER = "outlier: {consecutive_failures: 0}"


class ProcessWide(Case):
    def serve(self, options, *endpoints):
        """Starts the proxy and connects the clients, as many to each worker."""
        self.served = self.proxy(CONFIG.replace("OPTIONS", options), workers=WORKERS, wait_for=("listen", "status", "admin"),
                                 endpoints=", ".join(f'"{endpoint}"' for endpoint in endpoints))
        self.clients = [self.client(self.served) for _ in range(CLIENTS)]
        for client in self.clients:  # one after the other: its answer shows that it was counted
            self.assertEqual(204, client.get("/hello").status)
        info = json.loads(curl(f"http://{self.served.address('admin')}/api/info").body)
        self.assertEqual([CLIENTS // WORKERS] * WORKERS, info["open_connections_by_worker"])

    def statuses(self, rounds):
        """Of requests one after the other, in turn from each client: each worker gets as many."""
        return [client.get().status for _ in range(rounds) for client in self.clients]

    def metric(self, name, **labels):
        return Metrics(self.served.address("status")).value(f"outrigger_{name}", upstream="app", **labels)

    def test_the_breaker_counts_the_failures_of_all(self):
        service = self.start(raw.Peer.answering(raw.answer("no", "500 Internal Server Error")))
        self.serve(f"{NO_OUTLIER}, filters: [{{circuit_breaker: {{window: 1h, open_for: 5m, max_open: 5m}}}}]", service.address)
        self.assertEqual([500] * 20 + [503] * 12, self.statuses(2))
        self.assertEqual(20, len(service.requests))

    def test_the_breaker_counts_the_connect_failures_of_all(self):
        self.serve(f"{NO_OUTLIER}, filters: [{{circuit_breaker: {{connect_failures: 12, open_for: 5m, max_open: 5m}}}}]",
                   f"127.0.0.1:{free_port()}")
        self.assertEqual([502] * 12 + [503] * 20, self.statuses(2))

    def test_the_retry_budget_is_shared(self):
        service = self.start(raw.Peer.answering(UNAVAILABLE))
        self.serve(f"{NO_OUTLIER}, filters: [{{retry: {{num_retries: 1, budget: {{share: 0%, min: 1/s}}, backoff: {{base: 0ms, max: 0ms}}}}}}]",
                   service.address)
        begin = time.monotonic()
        self.assertEqual({503}, set(self.statuses(3)))
        retries = len(service.requests) - 3 * CLIENTS
        self.assertGreaterEqual(retries, 10)
        self.assertLessEqual(retries, 10 + (time.monotonic() - begin))
        self.assertEqual(retries, self.metric("retries_total"))
        self.assertGreater(self.metric("retry_budget_used_ratio"), 0.5)

    def test_outlier_ejection_counts_the_failures_of_all_and_holds_for_all(self):
        good, bad = self.start(raw.Peer.answering()), self.start(raw.Peer.answering(UNAVAILABLE))
        self.serve("outlier: {consecutive_failures: 10, eject_for: 5m}, filters: []", good.address, bad.address)
        statuses = self.statuses(4)
        # Ten, and those that were on their way when the tenth failed; a count for each worker would let 40 through.
        self.assertIn(statuses.count(503), range(10, 10 + CLIENTS))
        self.assertEqual(statuses.count(503), len(bad.requests))
        self.assertEqual({200}, set(statuses[-CLIENTS:]))
        self.assertEqual(1, self.metric("upstream_ejections_total", reason="consecutive_failures"))

    def test_the_requests_in_flight_and_in_the_queue_are_limited_together(self):
        for limits, arriving, waiting in (("in_flight: 4, queue: 0", 4, 0), ("in_flight: 2, queue: 3, queue_timeout: 5m", 2, 3)):
            with self.subTest(limits):
                go_on = threading.Event()
                service = self.start(raw.Peer.answering(raw.wait(go_on), raw.answer()))
                self.serve(f"limits: {{{limits}}}, filters: []", service.address)
                for client in self.clients:
                    client.send(GET)
                refused = CLIENTS - arriving - waiting
                until(lambda: self.metric("upstream_rejected_total", reason="queue_full") == refused, f"{refused} refusals")
                until(lambda: len(service.requests) == arriving, f"{arriving} requests to arrive")
                self.assertEqual(waiting, self.metric("upstream_requests_queued"))
                go_on.set()
                statuses = sorted(client.response().status for client in self.clients)
                self.assertEqual([200] * (arriving + waiting) + [503] * refused, statuses)

    def test_each_endpoint_is_checked_once_an_interval_and_all_go_by_it(self):
        def answer(talk):
            is_check = talk.peer.requests[-1].start.startswith("GET /healthz")
            (UNAVAILABLE if is_check else raw.answer("ill"))(talk)
        ill, well = self.start(raw.Peer.answering(answer)), self.start(raw.Peer.answering(raw.answer("well")))
        self.serve("health_check: {path: /healthz, interval: 100ms, fast_interval: 100ms}, filters: []", ill.address, well.address)
        until(lambda: self.metric("upstream_endpoints_unhealthy") == 1, "the ill one to be found")
        self.assertEqual({b"well"}, {client.get().body for client in self.clients})
        checks = lambda: self.metric("upstream_health_checks_total", result="bad")
        begin, before = time.monotonic(), checks()
        until(lambda: checks() >= before + 15, "15 checks")
        self.assertLessEqual(checks() - before, (time.monotonic() - begin) / 0.09 + 2)  # jitter is a tenth
