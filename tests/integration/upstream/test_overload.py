"""What the process refuses when it holds too much, and that it recovers by itself."""
import os
import resource
import threading

from support import raw
from support.case import Case
from support.metrics import Metrics
from support.wait import until

GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
STATUS = 'status: {address: "@status@"}\n'


class Memory(Case):
    CONFIG = """
version: 1
limits: {memory: 1MiB}
listeners: [{address: "@listen@", upstream: app}]
upstreams: {app: {endpoints: ["@app@"], filters: [], limits: {in_flight: 1000}}}
""" + STATUS

    def test_above_limits_memory_new_requests_are_503_and_old_ones_are_finished(self):
        done = threading.Event()
        service = self.start(raw.Peer.answering(raw.wait(done), raw.answer()))
        proxy = self.proxy(self.CONFIG, service, wait_for=("listen", "status"))
        clients = [self.client(proxy) for _ in range(120)]
        for client in clients:
            client.send(GET)
        used = lambda: Metrics(proxy.address("status")).value("outrigger_memory_budget_used_bytes")
        until(lambda: used() >= 1 << 20, "the budget to be used up")
        refused = self.client(proxy).get()
        self.assertEqual((503, "1"), (refused.status, refused.get("Retry-After")))
        self.assertIn("overloaded", refused.get("Proxy-Status"))
        done.set()
        statuses = [client.response().status for client in clients]
        self.assertEqual({200, 503}, set(statuses))
        self.assertGreater(statuses.count(200), 5)
        until(lambda: self.client(proxy).get().status == 200, "room again")


class Connections(Case):
    CONFIG = """
version: 1
listeners: [{address: "@listen@", limits: {connections: 2}, upstream: app}]
upstreams: {app: {endpoints: ["@app@"], filters: []}}
""" + STATUS

    def test_connections_above_the_limit_wait_until_one_ends(self):
        proxy = self.proxy(self.CONFIG, self.start(raw.Peer.answering()), workers=2, wait_for=("listen", "status"))
        until(lambda: Metrics(proxy.address("status")).value("outrigger_connections_open") == 0, "the probes to end")
        first, second = self.client(proxy), self.client(proxy)
        self.assertEqual([200, 200], [client.get().status for client in (first, second)])
        third = self.client(proxy).send(GET)
        until(lambda: Metrics(proxy.address("status")).value("outrigger_connection_limit_pauses_total") > 0, "a pause")
        third.socket.settimeout(0.3)
        with self.assertRaises(TimeoutError):
            third.response()
        third.socket.settimeout(20)
        first.close()
        self.assertEqual(200, third.response().status)


class Descriptors(Case):
    def test_without_descriptors_for_the_service_requests_are_503_and_nothing_hangs(self):
        service = self.start(raw.Peer.answering())
        proxy = self.proxy("""
version: 1
listeners: [{address: "@listen@", upstream: app}]
upstreams: {app: {endpoints: ["@app@"]}}
""" + STATUS, service, wait_for=("listen", "status"))
        clients = [self.client(proxy) for _ in range(5)]
        until(lambda: Metrics(proxy.address("status")).value("outrigger_connections_open") == 5, "the connections")
        soft, hard = resource.prlimit(proxy.process.pid, resource.RLIMIT_NOFILE)
        listings = []

        def is_steady():  # those that asked for metrics, and the harness's probe, may still be there
            listings.append(sorted(os.listdir(f"/proc/{proxy.process.pid}/fd")))
            return len(listings) >= 30 and all(listing == listings[-1] for listing in listings[-30:])
        until(is_steady, "the descriptors to be steady")
        taken = {int(name) for name in listings[-1]}
        lowest_free = next(number for number in range(len(taken) + 1) if number not in taken)
        resource.prlimit(proxy.process.pid, resource.RLIMIT_NOFILE, (lowest_free, hard))
        response = clients[0].get()
        self.assertEqual(503, response.status)
        self.assertIn("overloaded", response.get("Proxy-Status"))
        resource.prlimit(proxy.process.pid, resource.RLIMIT_NOFILE, (soft, hard))
        self.assertEqual([200] * 5, [client.get().status for client in clients])
