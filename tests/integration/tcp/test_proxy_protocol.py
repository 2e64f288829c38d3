"""The PROXY protocol: whose connection a balancer passes on, heard and said."""
import socket
import ssl
import struct

from support import raw
from support.case import Case
from support.certificates import self_signed
from support.curl import curl
from support.metrics import Metrics
from support.nginx import Nginx, NginxStream
from support.wait import until

HEARS = """
version: 1
listeners:
  - name: in
    address: "@listen@"
    trusted_proxies: [127.0.0.0/8]
    proxy_protocol: true
    filters: [{access_log: {}}]
    upstream: app
upstreams: {app: {endpoints: ["@app@"], filters: []}}
status: {address: "@status@"}
"""
SAYS = """
version: 1
listeners: [{address: "@listen@", trusted_proxies: [127.0.0.0/8], filters: [{access_log: {}}], upstream: app}]
upstreams: {app: {endpoints: ["@app@"], filters: [], proxy_protocol: @version@}}
"""
SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
LINE = b"PROXY TCP4 203.0.113.9 127.0.0.1 4711 443\r\n"
GET = b"GET / HTTP/1.1\r\nHost: a\r\n\r\n"


def binary(source="203.0.113.9", destination="127.0.0.1", ports=(4711, 443), command=0x21, extra=b""):
    block = socket.inet_aton(source) + socket.inet_aton(destination) + struct.pack(">HH", *ports) + extra
    return SIGNATURE + bytes([command, 0x11]) + struct.pack(">H", len(block)) + block


class Heard(Case):
    def proxy(self, config, service=None, **options):
        return super().proxy(config, service, wait_for=("status",), **options)  # no connection but the test's own

    def refused(self, proxy, reason, count=1):
        until(lambda: Metrics(proxy.address("status")).value("outrigger_proxy_header_refusals_total", listener="in",
                                                             reason=reason) == count, f"{count} refused as {reason}")

    def test_the_client_is_whom_the_header_names(self):
        service = self.start(raw.Peer.answering())
        proxy = self.proxy(HEARS, service)
        for number, header in enumerate((LINE, binary(), binary(extra=b"\x04\x00\x03abc"))):
            with self.subTest(header):
                answer = self.client(proxy).request(header + GET, "GET")
                self.assertEqual(200, answer.status)
                self.assertEqual("203.0.113.9", service.requests[number].get("X-Forwarded-For"))
                self.assertEqual("203.0.113.9", proxy.log(number + 1)[number]["client_ip"])

    def test_rules_and_limits_go_by_the_client_that_the_header_names(self):
        rules = HEARS.replace("[{access_log: {}}]", "[{access: {rules: [{deny: {client: 203.0.113.0/24}}, {allow: {}}]}}]")
        rules = rules.replace("    upstream: app\nup", "    limits: {connections_per_client: 1}\n    upstream: app\nup")
        proxy = self.proxy(rules, self.start(raw.Peer.answering()))
        kept = self.client(proxy)
        self.assertEqual(403, kept.request(LINE + GET, "GET").status)
        self.assertTrue(self.client(proxy).send(LINE + GET).is_closed())
        self.assertEqual(200, self.client(proxy).request(LINE.replace(b"203.0.113.9", b"198.51.100.7") + GET, "GET").status)

    def test_a_balancers_own_connection_has_its_own_address(self):
        service = self.start(raw.Peer.answering())
        proxy = self.proxy(HEARS, service)
        for header in (b"PROXY UNKNOWN\r\n", binary(command=0x20)):
            self.assertEqual(200, self.client(proxy).request(header + GET, "GET").status)
        self.assertEqual(["127.0.0.1"] * 2, [request.get("X-Forwarded-For") for request in service.requests])

    def test_what_a_client_claims_in_its_fields_is_dropped_behind_a_header(self):
        service = self.start(raw.Peer.answering())
        self.client(self.proxy(HEARS, service)).request(
            LINE + b"GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 10.0.0.1\r\n\r\n", "GET")
        self.assertEqual("203.0.113.9", service.requests[0].get("X-Forwarded-For"))

    def test_a_header_may_come_byte_by_byte(self):
        proxy = self.proxy(HEARS, self.start(raw.Peer.answering()))
        for header in (LINE, binary()):
            client = self.client(proxy)
            for i in range(len(header)):
                client.send(header[i:i + 1])
            self.assertEqual(200, client.request(GET, "GET").status)

    def test_a_header_stands_in_front_of_tls(self):
        tls = HEARS.replace("    proxy_protocol", "    tls: {self_signed: true}\n    proxy_protocol")
        service = self.start(raw.Peer.answering())
        proxy = self.proxy(tls, service)
        for count, header in enumerate((LINE, binary()), 1):
            client = self.client(proxy)
            client.send(header)
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            client.socket = client.reader.connection = context.wrap_socket(client.socket, server_hostname="a")
            self.assertEqual(200, client.request(GET, "GET").status)
            self.assertEqual("203.0.113.9", proxy.log(count)[-1]["client_ip"])

    def test_curl_says_it_over_http2_too(self):
        proxy = self.proxy(HEARS, self.start(raw.Peer.answering()))
        for count, option in enumerate(("--http1.1", "--http2-prior-knowledge"), 1):
            answer = curl("--haproxy-protocol", option, f"http://{proxy.address()}/")
            self.assertEqual((0, 200), (answer.code, answer.status), answer.error)
            self.assertEqual("127.0.0.1", proxy.log(count)[-1]["client_ip"])

    def test_nginx_says_it(self):
        service = self.start(raw.Peer.answering())
        proxy = self.proxy(HEARS.replace("127.0.0.0/8", "127.0.0.1"), service)
        balancer = self.start(NginxStream(f"proxy_pass {proxy.address()}; proxy_protocol on;"))
        answer = curl("--interface", "127.0.0.7", f"http://{balancer.address}/")
        self.assertEqual((0, 200), (answer.code, answer.status), answer.error)
        self.assertEqual("127.0.0.7", service.requests[0].get("X-Forwarded-For"))

    def test_an_address_that_is_not_trusted_is_closed(self):
        proxy = self.proxy(HEARS.replace("127.0.0.0/8", "10.0.0.0/8"), self.start(raw.Peer.answering()))
        self.assertTrue(self.client(proxy).send(LINE + GET).is_closed())
        self.refused(proxy, "untrusted")
        until(lambda: "not among trusted_proxies" in proxy.stderr(), "a line in the log")

    def test_what_is_no_header_closes_the_connection(self):
        service = self.start(raw.Peer.answering())
        proxy = self.proxy(HEARS, service)
        bad = (GET, b"PROXY TCP4 1.2.3.4\r\n" + GET, binary()[:12] + b"\x31" + binary()[13:], b"PROXY " + b"x" * 200,
               SIGNATURE + b"\x21\x11\xff\xff")
        for count, data in enumerate(bad, 1):
            with self.subTest(data):
                self.assertTrue(self.client(proxy).send(data).is_closed())
                self.refused(proxy, "malformed", count)
        self.assertEqual([], service.requests)

    def test_half_a_header_and_its_end_close_the_connection(self):
        proxy = self.proxy(HEARS, self.start(raw.Peer.answering()))
        for count, half in enumerate((LINE[:20], binary()[:20], b"P"), 1):
            client = self.client(proxy).send(half)
            client.shutdown()
            self.assertTrue(client.is_closed())
            self.refused(proxy, "closed", count)

    def test_a_header_that_never_ends_has_a_deadline(self):
        config = HEARS.replace("    upstream: app\nup", "    timeouts: {request_head: 300ms}\n    upstream: app\nup")
        proxy = self.proxy(config, self.start(raw.Peer.answering()))
        self.assertTrue(self.client(proxy).send(LINE[:20]).is_closed())
        self.refused(proxy, "timeout")

    def test_it_needs_somebody_to_believe(self):
        from support.outrigger import command
        text = HEARS.replace('"@listen@"', "127.0.0.1:1").replace('"@app@"', "127.0.0.1:2").replace('"@status@"', "127.0.0.1:3")
        directory = self.proxy(HEARS, self.start(raw.Peer.answering())).dir
        (directory / "bad.yaml").write_text(text.replace("    trusted_proxies: [127.0.0.0/8]\n", ""))
        done = command("validate", "-c", directory / "bad.yaml")
        self.assertEqual(2, done.returncode)
        self.assertIn("bad.yaml:4:5: listeners[0]: proxy_protocol needs trusted_proxies", done.stderr + done.stdout)


class Said(Case):
    def service(self, *steps):
        """A service that reads the header, then answers requests."""
        def header(talk):
            first = talk.reader.exactly(5)
            if first == b"PROXY":
                first += talk.reader.until(b"\r\n")
            else:
                first += talk.reader.exactly(11)
                first += talk.reader.exactly(struct.unpack(">H", first[14:])[0])
            talk.peer.leftovers.append(first)
        return self.start(raw.Peer([header, *(steps or (raw.request(), raw.answer(), raw.request(), raw.answer()))]))

    def test_each_version_names_the_client(self):
        for version in ("v1", "v2"):
            with self.subTest(version):
                service = self.service()
                proxy = self.proxy(SAYS, service, version=version)
                client = self.client(proxy)
                source = client.socket.getsockname()
                self.assertEqual(200, client.get().status)
                wanted = {"v1": f"PROXY TCP4 127.0.0.1 127.0.0.1 {source[1]} {proxy.port()}\r\n".encode(),
                          "v2": binary("127.0.0.1", "127.0.0.1", (source[1], proxy.port()))}
                self.assertEqual([wanted[version]], service.leftovers)

    def test_a_connection_belongs_to_one_client(self):
        service = self.service()
        client = self.client(self.proxy(SAYS, service, version="v1"))
        for _ in range(3):
            self.assertEqual(200, client.get("/", "X-Forwarded-For: 203.0.113.9").status)
        self.assertEqual(3, service.connections)
        self.assertTrue(all(b"TCP4 203.0.113.9 127.0.0.1 0 " in header for header in service.leftovers), service.leftovers)

    def test_a_header_that_was_heard_is_said_again(self):
        service = self.service()
        config = SAYS.replace("127.0.0.0/8]", "127.0.0.0/8], proxy_protocol: true")
        self.client(self.proxy(config, service, version="v1")).request(LINE + GET, "GET")
        self.assertEqual([LINE], service.leftovers)

    def test_nginx_hears_it_in_front_of_tls_too(self):
        import tempfile
        with tempfile.TemporaryDirectory() as certs:
            self_signed(certs)
            answer = 'return 200 "$proxy_protocol_addr $proxy_protocol_server_port";'
            keys = f"ssl_certificate {certs}/tls.crt; ssl_certificate_key {certs}/tls.key;"
            for listen, server, tls in (("proxy_protocol", answer, ""),
                                        ("ssl proxy_protocol", keys + answer, f', tls: {{ca: "{certs}/tls.crt"}}')):
                service = self.start(Nginx(server, listen))
                for version in ("v1", "v2"):
                    with self.subTest(listen, version=version):
                        proxy = self.proxy(SAYS.replace("@version@", "@version@" + tls), service, version=version)
                        got = curl("-H", "X-Forwarded-For: 203.0.113.9", f"http://{proxy.address()}/")
                        self.assertEqual(f"203.0.113.9 {proxy.port()}", got.body.decode(), got.error)

    def test_a_health_check_says_that_it_is_nobodys(self):
        for version, wanted in (("v1", b"PROXY UNKNOWN\r\n"), ("v2", SIGNATURE + b"\x20\0\0\0")):
            with self.subTest(version):
                service = self.service()
                self.proxy(SAYS.replace("@version@", "@version@, health_check: {path: /, interval: 10s}"), service,
                           version=version)
                until(lambda: service.leftovers, "a health check")
                self.assertEqual(wanted, service.leftovers[0])
                until(lambda: service.requests, "its request")
