"""One endpoint with several addresses, some of which lead nowhere (RFC 8305)."""
import time

from support import raw
from support.blackhole import Blackhole
from support.case import Case
from support.dns import DnsServer
from support.metrics import Metrics
from support.wait import PATIENCE, until

CONFIG = """
version: 1
dns: {servers: ["@dns@"]}
listeners: [{address: "@listen@", upstream: app}]
upstreams: {app: {endpoints: ["@endpoint@"], filters: [], timeouts: {connect: CONNECT}MORE}}
status: {address: "@status@"}
"""
LONG = f"{int(PATIENCE * 3)}s"  # a test that waits for it fails
ONE_REQUEST = [raw.request(), raw.answer("ok", "200 OK", "Connection: close"), raw.close()]


class Addresses(Case):
    def serve(self, port, a=(), aaaa=(), connect=LONG, more="", endpoint=None):
        dns = self.start(DnsServer({"app.test": {"A": list(a), "AAAA": list(aaaa)}}, ttl=60))
        self.served = self.proxy(CONFIG.replace("CONNECT", connect).replace("MORE", more), dns=dns.address,
                                 endpoint=endpoint or f"app.test:{port}", wait_for=("listen", "status"))
        return self.client(self.served)

    def metric(self, name):
        return Metrics(self.served.address("status")).value(f"outrigger_upstream_{name}", upstream="app")

    def test_an_address_that_swallows_connections_does_not_cost_the_connect_timeout(self):
        for dead, alive, records in [("127.0.0.2", "127.0.0.3", {"a": ["127.0.0.2", "127.0.0.3"]}),
                                     ("::1", "127.0.0.1", {"a": ["127.0.0.1"], "aaaa": ["::1"]})]:
            with self.subTest(dead=dead):
                hole = self.start(Blackhole(dead))
                self.start(raw.Peer.answering(host=alive, port=hole.port))
                client = self.serve(hole.port, **records)
                self.assertEqual(200, client.get().status)
                self.assertEqual(1, self.metric("address_fallbacks_total"))
                until(lambda: hole.waiting() == 0, "the loser to be closed")

    def test_a_bare_port_is_both_addresses_of_this_host(self):
        hole = self.start(Blackhole("127.0.0.1"))
        self.start(raw.Peer.answering(host="::1", port=hole.port))
        self.assertEqual(200, self.serve(hole.port, endpoint=str(hole.port)).get().status)

    def test_every_address_gets_its_turn_within_a_short_limit(self):
        holes = [self.start(Blackhole("127.0.0.2"))]
        port = holes[0].port
        holes += [self.start(Blackhole(f"127.0.0.{i}", port)) for i in (3, 4)]
        self.start(raw.Peer.answering(host="127.0.0.5", port=port))
        client = self.serve(port, ["127.0.0.2", "127.0.0.3", "127.0.0.4", "127.0.0.5"], connect="600ms")
        until(lambda: client.get().status == 200, "an answer")

    def test_the_address_that_answered_is_tried_first_next_time(self):
        hole = self.start(Blackhole("127.0.0.2"))
        peer = self.start(raw.Peer(ONE_REQUEST, host="127.0.0.3", port=hole.port))
        client = self.serve(hole.port, ["127.0.0.2", "127.0.0.3"])
        self.assertEqual([200] * 5, [client.get().status for _ in range(5)])
        self.assertEqual((5, 1), (peer.connections, self.metric("address_fallbacks_total")))

    def test_the_limit_holds_for_all_addresses_together(self):
        hosts = [f"127.0.0.{i}" for i in range(2, 12)]
        first = self.start(Blackhole(hosts[0]))
        for host in hosts[1:]:
            self.start(Blackhole(host, first.port))
        client = self.serve(first.port, hosts, connect="1s")
        begin = time.monotonic()
        answer = client.get()
        self.assertEqual(504, answer.status)
        self.assertIn("connection_timeout", answer.get("Proxy-Status"))
        self.assertLess(time.monotonic() - begin, 5)  # one after the other they would take ten seconds

    def test_where_the_handshake_fails_the_next_address_is_tried(self):
        broken = self.start(raw.Peer([raw.close()], host="127.0.0.2"))
        good = f"127.0.0.3:{broken.port}"
        self.proxy(f"""
version: 1
listeners: [{{address: "{good}", tls: {{self_signed: true}}, filters: [respond: {{body: "over TLS"}}]}}]
""", wait_for=())
        client = self.serve(broken.port, ["127.0.0.2", "127.0.0.3"], more=", tls: {server_name: a, insecure_skip_verify: true}")
        until(lambda: client.get().body == b"over TLS", "an answer")
        self.assertGreaterEqual(broken.connections, 1)

    def test_a_health_check_does_not_depend_on_the_first_address_either(self):
        hole = self.start(Blackhole("127.0.0.2"))
        peer = self.start(raw.Peer.answering(host="127.0.0.3", port=hole.port))
        self.serve(hole.port, ["127.0.0.2", "127.0.0.3"], more=", health_check: {path: /, interval: 100ms, timeout: 5s}")
        until(lambda: len(peer.requests) >= 2, "checks")
        self.assertEqual(0, self.metric("endpoints_unhealthy"))
