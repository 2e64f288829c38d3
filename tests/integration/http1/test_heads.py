"""What of a head goes through as it came, what is taken out, and what is added."""
from support import raw
from support.case import BARE, Case
from support.curl import curl

TRUSTING = """
version: 1
listeners: [{address: "@listen@", trusted_proxies: [127.0.0.0/8], upstream: app}]
upstreams: {app: {endpoints: ["@app@"], filters: []}}
"""


class Heads(Case):
    def seen(self, request, config=BARE, **options):
        """The request as it reached the service."""
        service = self.start(raw.Peer.answering())
        response = self.client(self.proxy(config, service, **options)).request(request)
        self.assertEqual(200, response.status)
        return service.requests[0]

    def test_request_fields_keep_case_and_order(self):
        names = ["hOST", "X-b", "x-A", "ACCEPT", "X-b", "Cookie", "cookie"]
        request = self.seen("GET / HTTP/1.1\r\n" + "".join(f"{name}: {n}\r\n" for n, name in enumerate(names)) + "\r\n")
        self.assertEqual(names, [name for name in request.names if name in names])
        self.assertEqual(["1", "4"], [value for name, value in request.fields if name == "X-b"])

    def test_response_fields_keep_case_and_order(self):
        fields = ["sERVER: old/1", "X-b: 1", "Set-Cookie: a=1", "x-A: 2", "Set-Cookie: b=2", "ETAG: \"q\""]
        service = self.start(raw.Peer.answering(raw.answer(b"ok", "200 Fine By Me", *fields)))
        response = self.client(self.proxy(BARE, service)).get()
        self.assertEqual("HTTP/1.1 200 Fine By Me", response.start)
        names = [field.split(":")[0] for field in fields]
        self.assertEqual(fields, [f"{name}: {value}" for name, value in response.fields if name in names])

    def test_hop_by_hop_fields_end_here(self):
        request = self.seen("GET / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, X-Private\r\nX-Private: 1\r\n"
                            "Keep-Alive: timeout=5\r\nProxy-Connection: keep-alive\r\nProxy-Authorization: Basic eA==\r\n"
                            "Upgrade: h2c\r\nTE: gzip\r\nX-Public: 1\r\n\r\n")
        for name in ("X-Private", "Keep-Alive", "Proxy-Connection", "Upgrade"):
            self.assertIsNone(request.get(name), name)
        self.assertNotIn("gzip", request.get("TE", ""))
        self.assertEqual("1", request.get("X-Public"))

    def test_hop_by_hop_fields_of_the_response_end_here(self):
        service = self.start(raw.Peer.answering(
            raw.answer(b"ok", "200 OK", "Connection: X-Private", "X-Private: 1", "Keep-Alive: timeout=5", "X-Public: 1")))
        response = self.client(self.proxy(BARE, service)).get()
        self.assertEqual([None, None, "1"], [response.get(name) for name in ("X-Private", "Keep-Alive", "X-Public")])

    def test_the_request_names_us_in_via(self):
        request = self.seen("GET / HTTP/1.1\r\nHost: a\r\nVia: 1.0 other\r\n\r\n")
        self.assertEqual("1.0 other, 1.1 outrigger", request.get("Via"))

    def test_a_strangers_forwarded_fields_are_replaced(self):
        request = self.seen("GET / HTTP/1.1\r\nHost: shop.example\r\nX-Forwarded-For: 6.6.6.6\r\nForwarded: for=6.6.6.6\r\n"
                            "X-Real-IP: 6.6.6.6\r\nX-Forwarded-Proto: https\r\nX-Forwarded-Host: evil\r\n\r\n")
        self.assertEqual("127.0.0.1", request.get("X-Forwarded-For"))
        self.assertEqual("http", request.get("X-Forwarded-Proto"))
        self.assertNotIn(b"6.6.6.6", request.head)
        self.assertNotIn(b"evil", request.head)

    def test_a_trusted_proxys_forwarded_fields_are_appended_to(self):
        request = self.seen("GET / HTTP/1.1\r\nHost: a\r\nX-Forwarded-For: 9.9.9.9\r\nX-Forwarded-Proto: https\r\n\r\n", TRUSTING)
        self.assertEqual("9.9.9.9, 127.0.0.1", request.get("X-Forwarded-For"))
        self.assertEqual("https", request.get("X-Forwarded-Proto"))

    def test_host_passes_unchanged(self):
        self.assertEqual("Shop.Example:81", self.seen("GET / HTTP/1.1\r\nHost: Shop.Example:81\r\n\r\n").get("Host"))

    def test_the_target_passes_unchanged(self):
        target = "/a;b=c/%20%c3%a4/x?y=%2F..&z=a+b&&"
        self.assertEqual(f"GET {target} HTTP/1.1", self.seen(f"GET {target} HTTP/1.1\r\nHost: a\r\n\r\n").start)

    def test_an_absolute_target_names_the_host(self):
        request = self.seen("GET http://b.example/x?y HTTP/1.1\r\nHost: b.example\r\n\r\n")
        self.assertEqual(("GET /x?y HTTP/1.1", "b.example"), (request.start, request.get("Host")))

    def test_options_star_is_forwarded(self):
        self.assertEqual("OPTIONS * HTTP/1.1", self.seen("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n").start)

    def test_an_unknown_method_is_forwarded(self):
        self.assertEqual("PURGE /x HTTP/1.1", self.seen("PURGE /x HTTP/1.1\r\nHost: a\r\n\r\n").start)

    def test_curl_gets_the_page(self):
        service = self.start(raw.Peer.answering())
        answer = curl(f"http://{self.proxy(BARE, service).address()}/")
        self.assertEqual((0, 200, b"ok"), (answer.code, answer.status, answer.body))


class Paths(Case):
    def test_a_path_that_can_be_read_in_two_ways_is_refused_decoded_or_kept(self):
        for mode, told in (("reject", None), ("decode", "GET /a/c HTTP/1.1"), ("keep", "GET /a/%62/../c HTTP/1.1")):
            with self.subTest(mode):
                service = self.start(raw.Peer.answering())
                proxy = self.proxy(BARE.replace("upstream: app}", f"path: {mode}, upstream: app}}"), service)
                status = self.client(proxy).get("/a/%62/../c").status
                self.assertEqual(400 if told is None else 200, status)
                self.assertEqual([told] if told else [], [request.start for request in service.requests])
