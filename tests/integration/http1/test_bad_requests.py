"""A request that cannot be read in exactly one way is refused, the connection ends, and the service never hears of it."""
from support import raw
from support.case import BARE, LOGGED, Case

GET = "GET / HTTP/1.1\r\nHost: a\r\n"
POST = "POST / HTTP/1.1\r\nHost: a\r\n"
BAD = [
    ("no Host", 400, "GET / HTTP/1.1\r\n\r\n"),
    ("two Hosts", 400, GET + "Host: a\r\n\r\n"),
    ("a Host with a space", 400, "GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
    ("a Host with user information", 400, "GET / HTTP/1.1\r\nHost: x@a\r\n\r\n"),
    ("length and chunked", 400, POST + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("chunked and length", 400, POST + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\n"),
    ("two lengths that differ", 400, POST + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"),
    ("the same length twice", 400, POST + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"),
    ("a list of lengths", 400, POST + "Content-Length: 3, 3\r\n\r\nabc"),
    ("a signed length", 400, POST + "Content-Length: +3\r\n\r\nabc"),
    ("a negative length", 400, POST + "Content-Length: -3\r\n\r\nabc"),
    ("a hexadecimal length", 400, POST + "Content-Length: 0x3\r\n\r\nabc"),
    ("an empty length", 400, POST + "Content-Length:\r\n\r\nabc"),
    ("a length beyond 64 bits", 400, POST + "Content-Length: 18446744073709551619\r\n\r\nabc"),
    ("an unknown coding", 501, POST + "Transfer-Encoding: gzip\r\n\r\n"),
    ("a coding before chunked", 501, POST + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
    ("chunked twice", 400, POST + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("chunked in HTTP/1.0", 400, "POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("a folded field", 400, GET + "X: a\r\n b\r\n\r\n"),
    ("a space before the colon", 400, GET + "X : a\r\n\r\n"),
    ("a field without a colon", 400, GET + "X\r\n\r\n"),
    ("a field without a name", 400, GET + ": a\r\n\r\n"),
    ("a bare LF behind a field", 400, GET + "X: a\nY: b\r\n\r\n"),
    ("a bare LF behind the request line", 400, "GET / HTTP/1.1\nHost: a\r\n\r\n"),
    ("a bare CR in a value", 400, GET + "X: a\rb\r\n\r\n"),
    ("a NUL in a value", 400, GET + "X: a\0b\r\n\r\n"),
    ("a control character in a value", 400, GET + "X: a\x01b\r\n\r\n"),
    ("a space before the first field", 400, "GET / HTTP/1.1\r\n Host: a\r\n\r\n"),
    ("a method that is no token", 400, "G@T / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("two spaces in the request line", 400, "GET  / HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("a space in the target", 400, "GET /a b HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("no version", 400, "GET /\r\nHost: a\r\n\r\n"),
    ("a lower-case version", 400, "GET / http/1.1\r\nHost: a\r\n\r\n"),
    ("HTTP/2.0 in text", 505, "GET / HTTP/2.0\r\nHost: a\r\n\r\n"),
    ("HTTP/3.0 in text", 505, "GET / HTTP/3.0\r\nHost: a\r\n\r\n"),
    ("TLS on a plain port", 400, "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n"),
    ("a relative target", 400, "GET a HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("a dot segment", 400, "GET /a/../b HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("an encoded dot segment", 400, "GET /a/%2e%2e/b HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("an encoded slash", 400, "GET /a%2Fb HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("a backslash", 400, "GET /a\\b HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("an encoded NUL", 400, "GET /a%00 HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("invalid UTF-8", 400, "GET /a%ff HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("a bad escape", 400, "GET /a%zz HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("a fragment", 400, "GET /a#b HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("CONNECT", 405, "CONNECT a:443 HTTP/1.1\r\nHost: a:443\r\n\r\n"),
    ("a target of 40 KB", 414, f"GET /{'a' * 40000} HTTP/1.1\r\nHost: a\r\n\r\n"),
    ("a field of 40 KB", 431, GET + f"X: {'a' * 40000}\r\n\r\n"),
    ("200 fields", 431, GET + "".join(f"X-{n}: a\r\n" for n in range(200)) + "\r\n"),
]
BAD_CHUNKS = [
    ("a chunk size that is no number", "zz\r\n"),
    ("a chunk size beyond 64 bits", "fffffffffffffffff\r\n"),
    ("a signed chunk size", "+1\r\na\r\n0\r\n\r\n"),
    ("a chunk without its CRLF", "1\r\nab\r\n0\r\n\r\n"),
    ("a bare LF behind a chunk size", "1\na\r\n0\r\n\r\n"),
    ("a space before a chunk size", " 1\r\na\r\n0\r\n\r\n"),
]
LIMITED = """
version: 1
listeners: [{address: "@listen@", max_body: 1KiB, upstream: app}]
upstreams: {app: {endpoints: ["@app@"], filters: []}}
"""


class BadRequests(Case):
    def test_what_is_ambiguous_is_refused_and_never_forwarded(self):
        service = self.start(raw.Peer.answering())
        proxy = self.proxy(BARE, service)
        for name, status, request in BAD:
            with self.subTest(name), raw.Client(proxy.port()) as client:
                response = client.request(request, "GET")
                self.assertEqual(status, response.status)
                self.assertEqual("close", response.get("Connection", "").lower())
                self.assertTrue(client.is_closed())
        self.assertEqual([], [request.start for request in service.requests])

    def test_a_bad_chunk_ends_the_request_and_the_service_never_sees_it_complete(self):
        service = self.start(raw.Peer.answering())
        proxy = self.proxy(BARE, service)
        for name, chunks in BAD_CHUNKS:
            with self.subTest(name), raw.Client(proxy.port()) as client:
                client.send(POST + "Transfer-Encoding: chunked\r\n\r\n" + chunks)
                self.assertEqual(400, client.response("POST").status)
                self.assertTrue(client.is_closed())
        self.assertFalse([request for request in service.requests if getattr(request, "complete", False)])

    def test_what_follows_a_bad_request_is_not_a_request(self):
        service = self.start(raw.Peer.answering())
        client = self.client(self.proxy(BARE, service))
        client.send(GET + "X : a\r\n\r\n" + GET + "\r\n")
        self.assertEqual(400, client.response().status)
        self.assertTrue(client.is_closed())
        self.assertEqual([], service.requests)

    def test_a_body_above_max_body_is_refused(self):
        service = self.start(raw.Peer.answering())
        proxy = self.proxy(LIMITED, service)
        response = self.client(proxy).request(POST + "Content-Length: 2000\r\n\r\n")
        self.assertEqual(413, response.status)
        self.assertEqual([], service.requests)
        self.assertEqual(200, self.client(proxy).request(POST + "Content-Length: 1024\r\n\r\n" + "a" * 1024).status)

    def test_a_chunked_body_that_grows_above_max_body_is_refused(self):
        client = self.client(self.proxy(LIMITED, self.start(raw.Peer.answering())))
        client.send(POST + "Transfer-Encoding: chunked\r\n\r\n" + "400\r\n" + "a" * 1024 + "\r\n1\r\nb\r\n")
        self.assertEqual(413, client.response("POST").status)

    def test_a_refusal_says_why_in_the_response_and_in_the_log(self):
        proxy = self.proxy(LOGGED, self.start(raw.Peer.answering()))
        response = self.client(proxy).request(POST + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n")
        self.assertIn("http_request_error", response.get("Proxy-Status", ""))
        line = proxy.log()[0]
        self.assertEqual("bad_framing", line["failure"])
        self.assertIn("ambiguous", line["why"])
