"""What the process refuses when it holds too much, and that it recovers by itself."""
import json
import os
import resource
import signal
import socket
import threading
import time
import urllib.request

from support import raw
from support.case import Case
from support.metrics import Metrics
from support.ports import free_port
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
        early = self.client(proxy)
        clients = [self.client(proxy) for _ in range(120)]
        for client in clients:
            client.send(GET)

        def is_used_up():
            # So many at once may be refused for what is used while they are read, and too few are left: others come.
            metrics = Metrics(proxy.address("status"))
            if metrics.value("outrigger_overloaded_workers", resource="memory") > 0:
                return metrics.value("outrigger_memory_budget_used_bytes") > 1 << 19
            clients.append(self.client(proxy))
            clients[-1].send(GET)
            return False
        until(is_used_up, "the budget to be used up")
        refused = early.get()  # of those who are connected; far above the limit nobody else is accepted
        self.assertEqual((503, "1"), (refused.status, refused.get("Retry-After")))
        self.assertIn("overloaded", refused.get("Proxy-Status"))
        done.set()
        statuses = [client.response().status for client in clients]
        self.assertEqual({200, 503}, set(statuses))
        self.assertGreater(statuses.count(200), 5)
        until(lambda: self.client(proxy).get().status == 200, "room again")


class Delay(Case):
    CONFIG = """
version: 1
limits: {event_loop_delay: 50ms}
listeners: [{address: "@listen@", filters: [{access_log: {}}], upstream: app}]
upstreams: {app: {endpoints: ["@app@"], filters: []}}
""" + STATUS

    def test_a_worker_that_was_held_up_refuses_requests_for_a_moment_and_recovers(self):
        proxy = self.proxy(self.CONFIG, self.start(raw.Peer.answering()), wait_for=("listen", "status"))
        ask = lambda: self.client(proxy).get()

        def refused_after_a_pause():
            ask()  # a worker without requests has nothing to be late with
            proxy.signal(signal.SIGSTOP)
            time.sleep(0.5)
            proxy.signal(signal.SIGCONT)
            return next((answer for answer in (ask() for _ in range(50)) if answer.status == 503), None)
        refused = until(refused_after_a_pause, "a refusal")
        self.assertEqual("1", refused.get("Retry-After"))
        self.assertIn("overloaded", refused.get("Proxy-Status"))
        until(lambda: ask().status == 200, "the recovery")
        until(lambda: "no longer overloaded" in proxy.stderr(), "the log to say that it is over")
        lines = [json.loads(line) for line in proxy.stderr().splitlines() if "overloaded" in line]
        self.assertEqual({"event_loop"}, {line["resource"] for line in lines})
        metrics = Metrics(proxy.address("status"))
        self.assertGreater(metrics.value("outrigger_overload_refused_total", resource="event_loop"), 0)
        self.assertEqual(0, metrics.value("outrigger_overloaded_workers"))
        line = next(line for line in proxy.log() if line["status"] == 503)
        self.assertEqual("overloaded", line["failure"])
        self.assertIn("limits.event_loop_delay", line["why"])


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


class ConnectionsOfAClient(Case):
    CONFIG = """
version: 1
listeners: [{address: "@listen@", limits: {connections_per_client: 3}, upstream: app}]
upstreams: {app: {endpoints: ["@app@"], filters: []}}
""" + STATUS

    def serve(self, config=CONFIG, **options):
        self.served = self.proxy(config, self.start(raw.Peer.answering()), workers=2, wait_for=("listen", "status"), **options)
        until(lambda: self.metric("connections_open") == 0, "the probes to end")

    def metric(self, name):
        return Metrics(self.served.address("status")).value(f"outrigger_{name}")

    def connect(self, source="127.0.0.1"):
        return self.enterContext(socket.create_connection(("127.0.0.1", self.served.port()), 20, (source, 0)))

    @staticmethod
    def is_served(connection):
        try:
            connection.sendall(GET.encode())
            return connection.recv(100).startswith(b"HTTP/1.1 200")
        except ConnectionError:
            return False

    def test_above_the_limit_a_clients_connections_are_closed_and_others_are_served(self):
        self.serve()
        kept = [self.connect() for _ in range(3)]
        self.assertTrue(all(map(self.is_served, kept)))
        self.assertFalse(any(self.is_served(self.connect()) for _ in range(20)))
        self.assertTrue(self.is_served(self.connect("127.0.0.2")))
        self.assertTrue(all(map(self.is_served, kept)))
        self.assertEqual(4, self.metric("connections_open"))
        self.assertEqual(20, self.metric("connections_refused_total"))
        until(lambda: "too many connections" in self.served.stderr(), "a line in the log")
        said = [line for line in self.served.stderr().splitlines() if "too many connections" in line]
        self.assertEqual(1, len(said))
        self.assertIn('"client":"127.0.0.1"', said[0])
        kept.pop().close()
        until(lambda: self.is_served(self.connect()), "the place to be free again")

    def test_the_limit_holds_across_reloads_and_may_change(self):
        self.serve()
        self.assertTrue(all([self.is_served(self.connect()) for _ in range(3)]))
        text = self.served.file.read_text()
        self.served.file.write_text(text.replace("upstream: app", "filters: [request_id: {}], upstream: app"))
        until(lambda: '"reloaded"' in self.served.stderr(), "the reload")
        self.assertFalse(self.is_served(self.connect()))
        self.served.file.write_text(text.replace("per_client: 3", "per_client: 4"))
        until(lambda: self.is_served(self.connect()), "the higher limit")
        self.assertFalse(self.is_served(self.connect()))

    def test_clients_of_a_dual_stack_listener_are_told_apart(self):
        port = free_port()
        self.serve(self.CONFIG.replace('"@listen@"', str(port)))
        self.served.values["listen"] = f"127.0.0.1:{port}"
        until(lambda: self.is_served(self.connect("127.0.0.9")), "the listener")
        for source in ("127.0.0.1", "127.0.0.2"):
            self.assertTrue(all([self.is_served(self.connect(source)) for _ in range(3)]))
            self.assertFalse(self.is_served(self.connect(source)))


class Descriptors(Case):
    SHARE = """
version: 1
limits: {descriptors: 50%}
listeners: [{address: "@listen@", filters: [{access_log: {}}], upstream: app}]
upstreams: {app: {endpoints: ["@app@"], filters: []}}
admin: {address: "@admin@"}
""" + STATUS

    def test_clients_beyond_their_share_are_refused_then_not_accepted_and_it_ends_by_itself(self):
        proxy = self.proxy(self.SHARE, self.start(raw.Peer.answering()), wait_for=("listen", "status", "admin"))
        _, hard = resource.prlimit(proxy.process.pid, resource.RLIMIT_NOFILE)
        resource.prlimit(proxy.process.pid, resource.RLIMIT_NOFILE, (2 * (proxy.open_files() + 20), hard))
        reload = urllib.request.Request(f"http://{proxy.address('admin')}/api/reload", method="POST")
        urllib.request.build_opener(urllib.request.ProxyHandler({})).open(reload, timeout=20).close()  # looks at the limit
        clients, answers = [], []
        while not answers or answers[-1].status == 200:
            self.assertLess(len(clients), 100)
            clients.append(self.client(proxy))
            answers.append(clients[-1].get())
        self.assertGreater(len(answers), 3)
        self.assertEqual((503, "1"), (answers[-1].status, answers[-1].get("Retry-After")))
        self.assertIn("limits.descriptors", proxy.log(len(answers))[-1]["why"])
        self.assertTrue(clients[-1].is_closed())
        self.assertEqual([200] * 3, [client.get().status for client in clients[:3]])

        value = lambda name: Metrics(proxy.address("status")).value(name)
        clients += [self.client(proxy) for _ in range(100)]  # who say nothing
        until(lambda: value("outrigger_accept_pauses_total") > 0, "a pause")
        self.assertEqual(200, clients[0].get().status)
        for client in clients:
            client.close()
        until(lambda: self.client(proxy).get().status == 200, "room again")
        until(lambda: value("outrigger_overloaded_workers") == 0, "the end of the overload")

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
