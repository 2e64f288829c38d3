"""Endpoints found by DNS: SRV records, a real DNS server, answers that make no sense."""
import threading

from support import raw
from support.case import Case
from support.dns import DnsServer
from support.dnsmasq import DnsMasq
from support.metrics import Metrics
from support.ports import free_port
from support.wait import until

CONFIG = """
version: 1
dns: {servers: ["@dns@"]}
listeners: [{address: "@listen@", upstream: app}]
upstreams: {app: {endpoints: ["@endpoint@"], load_balancing: round_robin, filters: []}}
status: {address: "@status@"}
"""
GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
NAME = "_http._tcp.app.test"


class Discovery(Case):
    def serve(self, dns, endpoint=f"dns+srv://{NAME}", config=CONFIG, **options):
        self.dns = dns
        self.served = self.proxy(config, dns=dns.address, endpoint=endpoint, wait_for=("listen", "status"), **options)
        return self.client(self.served)

    def peers(self, count):
        """Services that answer with their port."""
        ports = [free_port() for _ in range(count)]
        return [self.start(raw.Peer.answering(raw.answer(str(port)), port=port)) for port in ports]

    def metric(self, name):
        return Metrics(self.served.address("status")).value(f"outrigger_upstream_{name}", upstream="app")

    def becomes(self, count):
        until(lambda: self.metric("endpoints") == count, f"{count} endpoints")

    def asked(self, client, count):
        """Whom `count` requests reached: how often by port."""
        answers = [client.get() for _ in range(count)]
        self.assertEqual({200}, {answer.status for answer in answers})
        ports = [int(answer.body) for answer in answers]
        return {port: ports.count(port) for port in ports}


def record(peer, priority=0, weight=0, host="one.test"):
    return NAME, host, peer.port, priority, weight


class Services(Discovery):
    HOSTS = {"one.test": ["127.0.0.1"]}

    def test_each_service_is_an_endpoint_with_its_port_and_weight(self):
        one, two, none = self.peers(3)
        dns = self.start(DnsMasq(self.HOSTS, [record(one, weight=30), record(two, weight=10), record(none)]))
        client = self.serve(dns)
        asked = self.asked(client, 410)
        self.assertEqual(3, self.metric("endpoints"))
        self.assertLess(abs(asked[one.port] - 300), 15, asked)
        self.assertLess(abs(asked[two.port] - 100), 15, asked)
        self.assertLess(asked[none.port], 15, asked)  # "a very small chance"

    def test_the_lowest_priority_that_can_be_reached_serves(self):
        first, second = self.peers(2)
        gone = free_port()
        dns = self.start(DnsMasq(self.HOSTS, [record(second, 20), record(first, 10), (NAME, "one.test", gone, 30, 0)]))
        client = self.serve(dns)
        self.assertEqual({first.port: 20}, self.asked(client, 20))
        dns.restart([record(second, 20), (NAME, "one.test", gone, 10, 0)])
        until(lambda: client.get().body == str(second.port).encode(), "the second priority")

    def test_services_come_and_go_and_the_others_keep_their_connections(self):
        staying, leaving, coming = self.peers(3)
        dns = self.start(DnsMasq(self.HOSTS, [record(staying), record(leaving)]))
        client = self.serve(dns)
        until(lambda: client.get().body == str(leaving.port).encode(), "the first two")
        dns.restart([record(staying), record(coming)])
        until(lambda: str(coming.port).encode() == client.get().body, "the new service")
        left = len(leaving.requests)
        self.assertEqual({staying.port, coming.port}, set(self.asked(client, 20)))
        self.assertEqual((1, 1, left), (staying.connections, coming.connections, len(leaving.requests)))

    def test_a_request_to_a_service_that_goes_is_finished_and_then_its_connection_closes(self):
        done = threading.Event()
        leaving = self.start(raw.Peer([raw.request(), raw.wait(done), raw.answer("late"), raw.read_to_end()]))
        staying, = self.peers(1)
        dns = self.start(DnsMasq(self.HOSTS, [record(leaving)]))
        client = self.serve(dns).send(GET)
        until(lambda: leaving.requests, "the request to arrive")
        dns.restart([record(staying)])
        other = self.client(self.served)
        answers = self.metric("dns_lookups_total") + 6
        until(lambda: self.metric("dns_lookups_total") >= answers, "new answers")
        self.assertEqual({staying.port: 5}, self.asked(other, 5))
        done.set()
        self.assertEqual(b"late", client.response().body)
        until(lambda: leaving.leftovers, "its connection to close")

    def test_an_answer_that_needs_tcp_is_taken_whole(self):
        one, = self.peers(1)
        ports = iter(range(20000, 20060))
        dns = self.start(DnsMasq(self.HOSTS, [record(one), *((NAME, "one.test", next(ports), 1, 1) for _ in range(60))]))
        self.serve(dns)
        self.becomes(61)

    def test_the_addresses_of_a_services_host_may_change(self):
        port = free_port()
        before, after = (self.start(raw.Peer.answering(raw.answer(host), host=host, port=port)) for host in ("127.0.0.2", "::1"))
        dns = self.start(DnsMasq({"one.test": ["127.0.0.2"]}, [(NAME, "one.test", port, 0, 0)]))
        self.serve(dns)
        fresh = lambda: self.client(self.served).get().body
        self.assertEqual(b"127.0.0.2", fresh())
        dns.set_hosts({"one.test": ["::1"]})
        before.stop()
        until(lambda: fresh() == b"::1", "the new address")
        self.assertTrue(after.requests)

    def test_start_up_does_not_fail_for_dns(self):
        one, = self.peers(1)
        dns = self.start(DnsMasq(self.HOSTS, [record(one)]))
        dns.stop()
        client = self.serve(dns)
        refused = client.get()
        self.assertEqual(502, refused.status)
        self.assertIn("dns_error", refused.get("Proxy-Status"))
        until(lambda: "a name cannot be looked up: it has no endpoints" in self.served.stderr(), "a line in the log")
        dns.restart()
        until(lambda: client.get().status == 200, "an answer")

    def test_tls_to_names_that_dns_invents_needs_the_name_to_expect(self):
        text = CONFIG.replace("filters: []", "filters: [], tls: {TLS}")
        dns = self.start(DnsServer())
        self.serve(dns, config=text.replace("TLS", "server_name: app.test"))
        self.served.file.write_text(self.served.fill(text.replace("TLS", "")))
        until(lambda: "needs server_name: the names in SRV records" in self.served.stderr(), "the error")


class Gone(Discovery):
    """The DNS server is not there any more."""

    FORMS = {"dns+srv": lambda port: f"dns+srv://{NAME}", "dns": lambda port: f"dns://one.test:{port}",
             "name": lambda port: f"one.test:{port}"}

    def all_forms(self):
        for name, form in self.FORMS.items():
            with self.subTest(name):
                peer, = self.peers(1)
                dns = self.start(DnsMasq({"one.test": ["127.0.0.1"]}, [record(peer)]))
                client = self.serve(dns, form(peer.port), workers=2)
                self.assertEqual({peer.port: 3}, self.asked(client, 3))
                yield client, peer

    def test_the_last_good_answer_is_kept_and_that_is_told(self):
        for client, peer in self.all_forms():
            self.assertEqual(0, self.metric("dns_failing"))
            self.dns.stop()
            until(lambda: self.metric("dns_failing") >= 1, "the metric")
            self.assertEqual({peer.port: 3}, self.asked(client, 3))
            self.assertEqual(1, peer.connections)
            kept = "its last good answer stays in use"
            until(lambda: kept in self.served.stderr(), "a line in the log")
            until(lambda: self.metric("dns_answer_age_seconds") > 2, "the age to grow")
            self.assertLessEqual(self.served.stderr().count(kept), 2)  # the services' name and the host's
            self.dns.restart()
            until(lambda: self.metric("dns_failing") == 0, "the metric")
            until(lambda: "a name can be looked up again" in self.served.stderr(), "another line")

    def test_a_reload_keeps_the_last_good_answer_as_well(self):
        for client, peer in self.all_forms():
            self.dns.stop()
            until(lambda: self.metric("dns_failing") >= 1, "the look-ups to fail")
            text = self.served.file.read_text()
            self.served.file.write_text(text.replace("load_balancing: round_robin", "load_balancing: random"))
            until(lambda: '"reloaded"' in self.served.stderr(), "the reload")
            self.assertEqual({peer.port: 10}, self.asked(client, 10))
            self.assertEqual(1, peer.connections)


def with_code(code):
    return lambda reply: reply[:3] + bytes([0x80 | code]) + reply[4:]


GARBLES = {
    "nothing but an id": lambda reply: reply[:2],
    "a header alone": lambda reply: reply[:12],
    "cut in the middle of a record": lambda reply: reply[:-3],
    "more records announced than there are": lambda reply: reply[:6] + b"\x00\xff" + reply[8:],
    "random bytes behind the question": lambda reply: reply[:-20] + bytes(range(100, 120)),
    "a name that refers to itself": lambda reply: reply.replace(b"\xc0\x0c", bytes([0xC0, reply.index(b"\xc0\x0c")])),
    "every byte set": lambda reply: reply[:2] + b"\x81\x80" + b"\xff" * 60,
    "another question": lambda reply: reply[:13] + b"zzz" + reply[16:],
    "refused": with_code(5), "not implemented": with_code(4), "format error": with_code(1),
    "no records": lambda reply: reply[:6] + b"\0\0" + reply[8:],
}
# What says nothing about one family where the other is answered; "no records" is a denial then.
HALVES = {name: garble for name, garble in GARBLES.items() if name != "no records"} | {"silence": lambda reply: None}
MANY = """
version: 1
dns: {servers: ["@dns@"]}
listeners: [{address: "@listen@", routes: [ROUTES]}]
upstreams: {UPSTREAMS}
status: {address: "@status@"}
"""


class Garbage(Discovery):
    """An upstream for each kind of garbage, so that all are waited for at once."""

    def garbled(self, question):
        kind = next((label for label in question.split(".") if label.startswith("kind")), None)
        return self.kinds[list(self.kinds)[int(kind[4:])]] if kind else None

    def serve_all(self, endpoint, kinds, **addresses):
        self.kinds, records = kinds, {}
        for number in range(len(kinds)):
            host = f"kind{number}.test"
            records[f"_http._tcp.{host}"] = {"SRV": [(0, 0, self.peer.port, host)]}
            records[host] = {"A": ["127.0.0.1"], **addresses}
        routes = ", ".join(f"{{match: {{path: {{exact: /{i}}}}}, upstream: u{i}}}" for i in range(len(kinds)))
        upstreams = ", ".join(f"u{i}: {{endpoints: [\"{endpoint(f'kind{i}.test')}\"], filters: []}}" for i in range(len(kinds)))
        self.serve(self.start(DnsServer(records)), config=MANY.replace("ROUTES", routes).replace("UPSTREAMS", upstreams))

    def statuses(self):
        client = self.client(self.served)
        return {name: client.get(f"/{number}").status for number, name in enumerate(self.kinds)}

    def values(self, name):
        metrics = Metrics(self.served.address("status"))
        return [metrics.value(f"outrigger_upstream_{name}", upstream=f"u{i}") for i in range(len(self.kinds))]

    def each_has(self, name, least):
        return all(value >= least for value in self.values(name))

    def test_no_garbage_removes_an_endpoint(self):
        self.peer, = self.peers(1)
        good = dict.fromkeys(GARBLES, 200)
        for endpoint in (lambda host: f"dns+srv://_http._tcp.{host}", lambda host: f"dns://{host}:{self.peer.port}"):
            with self.subTest(endpoint("kind.test")):
                self.serve_all(endpoint, GARBLES)
                until(lambda: self.statuses() == good, "all upstreams to serve")
                self.dns.garble = lambda name, kind, reply: self.garbled(name)(reply)
                until(lambda: self.each_has("dns_failures_total", 2), "failures")
                self.assertEqual(good, self.statuses())
                self.assertTrue(self.each_has("endpoints", 1))
                self.dns.garble = None
                until(lambda: not self.each_has("dns_failing", 0.5), "good answers")
                self.assertEqual(good, self.statuses())

    def test_garbage_for_one_family_does_not_remove_its_endpoints(self):
        self.peer, = self.peers(1)
        for garbled in ("A", "AAAA"):
            with self.subTest(garbled):
                self.serve_all(lambda host: f"dns://{host}:{self.peer.port}", HALVES, AAAA=["::1"])
                until(lambda: self.each_has("endpoints", 2), "both families")
                self.dns.garble = lambda name, kind, reply, bad=garbled: self.garbled(name)(reply) if kind == bad else reply
                until(lambda: self.each_has("dns_failures_total", 2), "failures")
                self.assertEqual([2] * len(HALVES), self.values("endpoints"))
                self.dns.garble = None
                until(lambda: not any(self.values("dns_failing")), "good answers")
                self.assertEqual([2] * len(HALVES), self.values("endpoints"))

    def test_while_one_family_is_not_answered_the_other_goes_on_and_a_denial_is_believed(self):
        dns = self.start(DnsServer({"app.test": {"A": ["127.0.0.1"], "AAAA": ["::1"]}}))
        port = free_port()
        peers = [self.start(raw.Peer.answering(raw.answer(host), host=host, port=port)) for host in ("127.0.0.1", "127.0.0.2", "::1")]
        client = self.serve(dns, f"dns://app.test:{port}")
        bodies = lambda: {client.get().body.decode() for _ in range(8)}
        self.becomes(2)
        dns.garble = lambda name, kind, reply: None if kind == "AAAA" else reply
        dns.records = {"app.test": {"A": ["127.0.0.2"], "AAAA": ["::1"]}}
        until(lambda: bodies() == {"127.0.0.2", "::1"}, "the new address beside the old one of the other family")
        until(lambda: "only in part" in self.served.stderr() and "IPv6 of app.test" in self.served.stderr(), "the log to say so")
        dns.garble, dns.records = None, {"app.test": {"A": ["127.0.0.2"]}}
        until(lambda: bodies() == {"127.0.0.2"}, "the end of the denied family")
        self.assertEqual(0, len([peer for peer in peers if not peer.requests]))

    def test_records_that_cannot_be_connected_to_are_left_out(self):
        peer, = self.peers(1)
        good = (0, 0, peer.port, "one.test")
        hosts = {"one.test": {"A": ["127.0.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255"], "AAAA": ["::", "ff02::1"]}}
        dns = self.start(DnsServer({NAME: {"SRV": [good]}, **hosts}))
        client = self.serve(dns)
        self.assertEqual({peer.port: 1}, self.asked(client, 1))
        bad = [(0, 0, peer.port, "."), (0, 0, 0, "one.test"), (0, 0, peer.port, "a/b.test"), (0, 0, peer.port, "unix")]
        for number, records in enumerate(([good, *bad], bad[:3])):
            with self.subTest(number=number):
                dns.records = {NAME: {"SRV": records}, **hosts}
                seen = len(dns.questions) + 4
                until(lambda: len(dns.questions) >= seen, "questions")
                self.assertEqual({peer.port: 4}, self.asked(client, 4))

    def test_an_unspecified_address_is_no_address(self):
        peer, = self.peers(1)
        dns = self.start(DnsServer({"one.test": {"A": ["0.0.0.0"], "AAAA": ["::"]}}))
        client = self.serve(dns, f"one.test:{peer.port}")
        refused = client.get()
        self.assertEqual(502, refused.status)
        self.assertIn("dns_error", refused.get("Proxy-Status"))
