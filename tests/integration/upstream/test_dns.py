"""Names in `endpoints:`, looked up at a DNS server of the test's own."""
import threading

from support import raw
from support.case import Case
from support.dns import SERVFAIL, DnsServer
from support.metrics import Metrics
from support.ports import free_port
from support.wait import until

CONFIG = """
version: 1
dns: {servers: ["@dns@"]}
listeners: [{address: "@listen@", upstream: app}]
upstreams: {app: {endpoints: ["@endpoint@"], filters: []}}
status: {address: "@status@"}
"""
GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"


class Names(Case):
    def serve(self, endpoint, records=None, **options):
        self.dns = self.start(DnsServer(records))
        for name, value in options.items():
            setattr(self.dns, name, value)
        return self.proxy(CONFIG, dns=self.dns.address, endpoint=endpoint, wait_for=("listen", "status"))

    def peers(self, *hosts):
        port = free_port()
        return [self.start(raw.Peer.answering(raw.answer(host), host=host, port=port)) for host in hosts]

    def test_a_name_is_looked_up_for_both_families(self):
        for kind, host in (("A", "127.0.0.1"), ("AAAA", "::1")):
            with self.subTest(kind):
                peer, = self.peers(host)
                proxy = self.serve(f"app.test:{peer.port}", {"app.test": {kind: [host]}})
                self.assertEqual(host, self.client(proxy).get().body.decode())
                self.assertEqual({("app.test", "A"), ("app.test", "AAAA")}, set(self.dns.questions))

    def test_a_name_of_etc_hosts_needs_no_server(self):
        peer, = self.peers("127.0.0.1")
        proxy = self.serve(f"localhost:{peer.port}", silent=True)
        self.assertEqual(200, self.client(proxy).get().status)
        self.assertEqual([], self.dns.questions)

    def test_the_addresses_of_a_name_are_tried_in_turn(self):
        peer, = self.peers("127.0.0.3")
        proxy = self.serve(f"app.test:{peer.port}", {"app.test": {"A": ["127.0.0.2", "127.0.0.3", "127.0.0.4"]}})
        client = self.client(proxy)
        self.assertEqual([200] * 20, [client.get().status for _ in range(20)])
        self.assertEqual(1, Metrics(proxy.address("status")).value("outrigger_upstream_endpoints", upstream="app"))

    def test_a_request_before_the_first_answer_waits_for_it(self):
        peer, = self.peers("127.0.0.1")
        for form in ("app.test", "dns://app.test"):
            with self.subTest(form):
                gate = threading.Event()
                proxy = self.serve(f"{form}:{peer.port}", {"app.test": {"A": ["127.0.0.1"]}}, gate=gate)
                clients = [self.client(proxy).send(GET) for _ in range(3)]
                until(lambda: Metrics(proxy.address("status")).value("outrigger_upstream_requests_in_flight") == 3, "three requests")
                gate.set()
                self.assertEqual([200] * 3, [client.response().status for client in clients])

    def test_a_client_that_leaves_before_the_first_answer_harms_nobody(self):
        peer, = self.peers("127.0.0.1")
        gate = threading.Event()
        proxy = self.serve(f"app.test:{peer.port}", {"app.test": {"A": ["127.0.0.1"]}}, gate=gate)
        leaving, staying = [self.client(proxy).send(GET) for _ in range(2)]
        in_flight = lambda: Metrics(proxy.address("status")).value("outrigger_upstream_requests_in_flight")
        until(lambda: in_flight() == 2, "two requests")
        leaving.close()
        until(lambda: in_flight() == 1, "the first to end")
        gate.set()
        self.assertEqual(200, staying.response().status)

    def test_start_up_does_not_fail_for_dns_and_the_name_is_asked_for_again(self):
        peer, = self.peers("127.0.0.1")
        for name, failure in (("a failing server", SERVFAIL), ("no such name", 0)):
            with self.subTest(name):
                proxy = self.serve(f"app.test:{peer.port}", failure=failure)
                client = self.client(proxy)
                response = client.get()
                self.assertEqual(502, response.status)
                self.assertIn("dns_error", response.get("Proxy-Status"))
                self.dns.failure, self.dns.records = 0, {"app.test": {"A": ["127.0.0.1"]}}
                until(lambda: client.get().status == 200, "an answer")

    def test_a_silent_server_costs_no_more_than_the_connect_timeout(self):
        proxy = self.serve("app.test:80", silent=True)
        response = self.client(proxy).get()
        self.assertEqual(502, response.status)
        self.assertIn("dns_error", response.get("Proxy-Status"))

    def test_the_last_good_answer_outlives_failures_and_denials(self):
        peer, = self.peers("127.0.0.1")
        proxy = self.serve(f"app.test:{peer.port}", {"app.test": {"A": ["127.0.0.1"]}})
        client = self.client(proxy)
        self.assertEqual(200, client.get().status)
        failures = lambda: Metrics(proxy.address("status")).value("outrigger_upstream_dns_failures_total", upstream="app")
        for failure, records in ((SERVFAIL, self.dns.records), (0, {}), (0, {"app.test": {}})):
            with self.subTest(failure=failure, records=records):
                self.dns.failure, self.dns.records = failure, records
                before = failures()
                until(lambda: failures() >= before + 2, "two failures")
                self.assertEqual(200, client.get().status)

    def test_each_address_of_a_dns_url_is_an_endpoint(self):
        peers = self.peers("127.0.0.1", "127.0.0.2", "127.0.0.3")
        proxy = self.serve(f"dns://app.test:{peers[0].port}", {"app.test": {"A": ["127.0.0.1", "127.0.0.2", "127.0.0.3"]}})
        client = self.client(proxy)
        for _ in range(60):
            client.get()
        self.assertTrue(all(len(peer.requests) >= 5 for peer in peers))
        self.assertEqual(3, Metrics(proxy.address("status")).value("outrigger_upstream_endpoints", upstream="app"))

    def test_endpoints_come_and_go_with_the_answers(self):
        one, two, three = self.peers("127.0.0.1", "127.0.0.2", "127.0.0.3")
        proxy = self.serve(f"dns://app.test:{one.port}", {"app.test": {"A": ["127.0.0.1", "127.0.0.2"]}})
        client = self.client(proxy)
        for _ in range(40):
            client.get()
        before = one.connections
        self.dns.records = {"app.test": {"A": ["127.0.0.1", "127.0.0.3"]}}
        until(lambda: client.get().body == b"127.0.0.3", "the new endpoint")
        asked = len(two.requests)
        for _ in range(40):
            self.assertEqual(200, client.get().status)
        self.assertEqual(asked, len(two.requests))
        self.assertGreater(len(three.requests), 5)
        self.assertEqual(before, one.connections)  # its pool went on

    def test_a_request_to_an_endpoint_that_goes_is_finished(self):
        port, done = free_port(), threading.Event()
        leaving = self.start(raw.Peer([raw.request(), raw.wait(done), raw.answer("late"), raw.read_to_end()],
                                      host="127.0.0.2", port=port))
        staying = self.start(raw.Peer.answering(host="127.0.0.1", port=port))
        proxy = self.serve(f"dns://app.test:{port}", {"app.test": {"A": ["127.0.0.2"]}})
        client = self.client(proxy).send(GET)
        until(lambda: leaving.requests, "the request to arrive")
        self.dns.records = {"app.test": {"A": ["127.0.0.1"]}}
        other = self.client(proxy)
        lookups = lambda: Metrics(proxy.address("status")).value("outrigger_upstream_dns_lookups_total")
        before = lookups()
        until(lambda: lookups() >= before + 2, "two more answers")
        self.assertEqual(b"ok", other.get().body)
        done.set()
        self.assertEqual(b"late", client.response().body)
        until(lambda: leaving.leftovers, "its connection to close")
