"""What is added to heads, who the client is said to be, and which requests go no further."""
import email.utils
import socket

from support import raw
from support.case import BARE, Case
from support.wait import until

TRUSTING = """
version: 1
listeners: [{address: "@listen@", trusted_proxies: [127.0.0.0/8, "::1", unix], filters: [{access_log: {}}], upstream: app}]
upstreams: {app: {endpoints: ["@app@"], filters: []}}
"""
UNIX = """
version: 1
listeners:
  - {address: "@listen@", upstream: app}
  - {name: socket, address: "unix:@dir@/in.sock", trusted_proxies: @trusted@, upstream: app}
upstreams: {app: {endpoints: ["@app@"], filters: []}}
"""


class Forwarding(Case):
    def seen(self, fields="", config=BARE, start="GET / HTTP/1.1", **options):
        service = self.start(raw.Peer.answering())
        self.proxy_ = self.proxy(config, service, **options)
        self.assertEqual(200, self.client(self.proxy_).request(f"{start}\r\nHost: a\r\n{fields}\r\n").status)
        return service.requests[0]

    def test_a_response_without_a_date_gets_one(self):
        service = self.start(raw.Peer.answering())
        client = self.client(self.proxy(BARE, service))
        self.assertIsNotNone(email.utils.parsedate_to_datetime(client.get().get("Date")))
        service = self.start(raw.Peer.answering(raw.answer(b"", "200 OK", "Date: Thu, 01 Jan 1970 00:00:00 GMT")))
        client = self.client(self.proxy(BARE, service))
        self.assertEqual(["Thu, 01 Jan 1970 00:00:00 GMT"], client.get().all("Date"))

    def test_our_own_answers_have_a_date_and_say_so(self):
        proxy = self.proxy("""
version: 1
listeners: [{address: "@listen@", routes: [{respond: {status: 200, body: hello}}]}]
""")
        response = self.client(proxy).get()
        self.assertIsNotNone(email.utils.parsedate_to_datetime(response.get("Date")))
        self.assertEqual("outrigger", response.get("Proxy-Status"))

    def test_te_trailers_is_said_again_for_the_next_connection(self):
        request = self.seen("TE: trailers, deflate\r\nConnection: TE\r\n")
        self.assertEqual(("trailers", "TE"), (request.get("TE"), request.get("Connection")))
        self.assertIsNone(self.seen("TE: deflate\r\nConnection: TE\r\n").get("TE"))

    def test_forwarded_of_a_trusted_proxy_is_appended_to(self):
        request = self.seen("Forwarded: for=192.0.2.1;proto=https\r\nX-Forwarded-For: 192.0.2.1\r\n", TRUSTING)
        self.assertEqual("for=192.0.2.1;proto=https, for=127.0.0.1;proto=http", request.get("Forwarded"))
        self.assertEqual("192.0.2.1, 127.0.0.1", request.get("X-Forwarded-For"))
        self.assertEqual("192.0.2.1", self.proxy_.log()[0]["client_ip"])

    def test_what_gateways_say_is_dropped_unless_one_is_trusted(self):
        claims = ("X-Forwarded-User", "X-Forwarded-Ssl", "x-forwarded-prefix", "Front-End-Https", "X-Url-Scheme")
        fields = "".join(f"{name}: on\r\n" for name in claims)
        self.assertEqual([[]] * len(claims), [self.seen(fields).all(name) for name in claims])
        trusted = self.seen(fields, TRUSTING)
        self.assertEqual([["on"]] * len(claims), [trusted.all(name) for name in claims])

    def test_garbage_in_x_forwarded_for_is_nobodys_address(self):
        self.seen("X-Forwarded-For: 192.0.2.1, <script>\r\n", TRUSTING)
        self.assertEqual("127.0.0.1", self.proxy_.log()[0]["client_ip"])

    def test_ipv6_and_ports_in_x_forwarded_for(self):
        self.seen('X-Forwarded-For: 6.6.6.6, [2001:db8::7]:4711\r\n', TRUSTING)
        self.assertEqual("2001:db8::7", self.proxy_.log()[0]["client_ip"])

    def over_unix(self, trusted, fields):
        service = self.start(raw.Peer.answering())
        proxy = self.proxy(UNIX, service, trusted=trusted)
        connection = self.enterContext(socket.socket(socket.AF_UNIX))
        connection.settimeout(20)
        until((proxy.dir / "in.sock").exists, "the Unix socket to be there")
        connection.connect(f"{proxy.dir}/in.sock")
        connection.sendall(f"GET / HTTP/1.1\r\nHost: a\r\n{fields}\r\n".encode())
        self.assertIn(b" 200 ", raw.Reader(connection).until(b"\r\n\r\n"))
        return service.requests[0]

    def test_a_peer_on_a_unix_socket_is_believed_when_unix_is_trusted(self):
        fields = "X-Forwarded-For: 192.0.2.1\r\nX-Forwarded-Proto: https\r\n"
        trusted = self.over_unix("[unix]", fields)
        self.assertEqual(("192.0.2.1", "https"), (trusted.get("X-Forwarded-For"), trusted.get("X-Forwarded-Proto")))
        strange = self.over_unix("[]", fields)
        self.assertEqual((None, "http"), (strange.get("X-Forwarded-For"), strange.get("X-Forwarded-Proto")))

    def test_http_1_0_without_a_host_gets_the_endpoints(self):
        service = self.start(raw.Peer.answering())
        self.client(self.proxy(BARE, service)).request("GET / HTTP/1.0\r\n\r\n")
        request = service.requests[0]
        self.assertEqual(("GET / HTTP/1.1", service.address), (request.start, request.get("Host")))
        self.assertEqual("1.0 outrigger", request.get("Via"))

    def test_max_forwards_counts_down_and_ends_here(self):
        for method in ("TRACE", "OPTIONS"):
            with self.subTest(method):
                request = self.seen("Max-Forwards: 3\r\n", start=f"{method} / HTTP/1.1")
                self.assertEqual("2", request.get("Max-Forwards"))
                service = self.start(raw.Peer.answering())
                response = self.client(self.proxy(BARE, service)).request(
                    f"{method} /x HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\nCookie: secret\r\nX: y\r\n\r\n")
                self.assertEqual((200, []), (response.status, service.requests))
                if method == "TRACE":
                    self.assertEqual("message/http", response.get("Content-Type"))
                    self.assertTrue(response.body.startswith(b"TRACE /x HTTP/1.1\r\nHost: a\r\n"))
                    self.assertNotIn(b"secret", response.body)
                else:
                    self.assertIn("GET", response.get("Allow"))
        self.assertEqual("0", self.seen("Max-Forwards: 0\r\n").get("Max-Forwards"))

    def test_a_trace_does_not_show_what_filters_wrote_for_the_service(self):
        config = BARE.replace("upstream: app}]", 'filters: [{headers: {request: {set: {X-Key: hidden, X-Mine: hidden}}}}], upstream: app}]')
        response = self.client(self.proxy(config, self.start(raw.Peer.answering()))).request(
            "TRACE / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\nX-Mine: shown\r\nX-Other: shown\r\n\r\n")
        self.assertEqual(b"TRACE / HTTP/1.1\r\nHost: a\r\nMax-Forwards: 0\r\nX-Other: shown\r\n\r\n", response.body)

    def test_connect_is_refused_with_what_is_allowed(self):
        service = self.start(raw.Peer.answering())
        response = self.client(self.proxy(BARE, service)).request("CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n")
        self.assertEqual(405, response.status)
        self.assertIn("GET", response.get("Allow"))
        self.assertEqual([], service.requests)

    def test_a_head_that_is_refused_has_no_content(self):
        client = self.client(self.proxy(BARE, self.start(raw.Peer.answering())))
        client.send("HEAD / HTTP/1.1\r\nHost: a\r\nX : y\r\n\r\n")
        self.assertEqual(400, client.head().status)
        self.assertTrue(client.is_closed())
