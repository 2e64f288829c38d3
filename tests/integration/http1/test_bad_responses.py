"""What a service must not say reaches nobody: not this client, and never another one."""
import threading

from support import raw
from support.case import BARE, Case

OK = "HTTP/1.1 200 OK\r\n"
SMUGGLED = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nEVIL"

# 502 with http_protocol_error.
MALFORMED = [
    ("length and chunked", OK + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("two lengths", OK + "Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd"),
    ("the same length twice", OK + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc"),
    ("a list of lengths", OK + "Content-Length: 3, 3\r\n\r\nabc"),
    ("a negative length", OK + "Content-Length: -1\r\n\r\n"),
    ("a length beyond 63 bits", OK + "Content-Length: 9223372036854775808\r\n\r\n"),
    ("a coding we don't know", OK + "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n"),
    ("two codings", OK + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("chunked in HTTP/1.0", "HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
    ("a folded field", OK + "X: a\r\n b\r\nContent-Length: 0\r\n\r\n"),
    ("a space before a colon", OK + "X : a\r\nContent-Length: 0\r\n\r\n"),
    ("a bare LF", OK + "X: a\nContent-Length: 0\r\n\r\n"),
    ("a bare CR", OK + "X: a\rSet-Cookie: b\r\nContent-Length: 0\r\n\r\n"),
    ("a NUL", OK + "X: a\0b\r\nContent-Length: 0\r\n\r\n"),
    ("a name that is no token", OK + "X(Y): a\r\nContent-Length: 0\r\n\r\n"),
    ("a field without a colon", OK + "X\r\nContent-Length: 0\r\n\r\n"),
    ("a code of two digits", "HTTP/1.1 20 OK\r\n\r\n"),
    ("a code of four digits", "HTTP/1.1 2000 OK\r\n\r\n"),
    ("a code below 100", "HTTP/1.1 099 X\r\n\r\n"),
    ("HTTP/2 in text", "HTTP/2 200 OK\r\n\r\n"),
    ("no HTTP", "ICY 200 OK\r\n\r\n"),
    ("an empty line first", "\r\n" + OK + "Content-Length: 0\r\n\r\n"),
    ("101 that nobody asked for", "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\n\r\n"),
    ("100 with content", "HTTP/1.1 100 Continue\r\nContent-Length: 4\r\n\r\nEVIL"),
]
TOO_LARGE = [
    ("a head of 40 KB", OK + "X: " + "a" * 40000 + "\r\n\r\n"),
    ("200 fields", OK + "X: a\r\n" * 200 + "\r\n"),
]


class BadResponses(Case):
    def start_with(self, first, *later, config=BARE):
        """A client of a service that says `first` to the first request, and `later` or "fine" to all others."""
        steps = [raw.request(), raw.send(first)]
        self.service = self.start(raw.Peer([*steps, *later, raw.read_to_end()], [raw.request(), raw.answer(b"fine")] * 9))
        self.proxy_ = self.proxy(config, self.service)
        return self.client(self.proxy_)

    def assert_next_is_fine(self):
        for client in (self.client(self.proxy_), self.client(self.proxy_)):
            self.assertEqual(b"fine", client.get().body)

    def test_a_malformed_response_is_502(self):
        for what, sent in MALFORMED:
            with self.subTest(what):
                client = self.start_with(sent + SMUGGLED)
                response = client.get()
                self.assertEqual(502, response.status)
                self.assertIn("error=http_protocol_error", response.get("Proxy-Status"))
                self.assertNotIn(b"EVIL", response.body)
                self.assertEqual(b"fine", client.get().body)  # on the same connection
                self.assert_next_is_fine()

    def test_a_head_that_is_too_large_is_502(self):
        for what, sent in TOO_LARGE:
            with self.subTest(what):
                response = self.start_with(sent).get()
                self.assertEqual(502, response.status)
                self.assertIn("error=http_response_header_section_size", response.get("Proxy-Status"))
                self.assert_next_is_fine()

    def test_content_where_there_is_none_reaches_nobody(self):
        for method, head in (("GET", "204 No Content\r\n"), ("GET", "204 No Content\r\nContent-Length: 4\r\n"),
                             ("GET", "204 No Content\r\nTransfer-Encoding: chunked\r\n"), ("GET", "304 Not Modified\r\n"),
                             ("GET", "304 Not Modified\r\nContent-Length: 4\r\n"), ("HEAD", "200 OK\r\nContent-Length: 4\r\n"),
                             ("HEAD", "200 OK\r\n"), ("HEAD", "200 OK\r\nTransfer-Encoding: chunked\r\n"),
                             ("HEAD", "404 Not Found\r\nContent-Length: 4\r\n")):
            with self.subTest(f"{method} {head}"):
                client = self.start_with(f"HTTP/1.1 {head}\r\nEVIL{SMUGGLED}")
                response = client.request(f"{method} / HTTP/1.1\r\nHost: a\r\n\r\n")
                self.assertEqual(int(head[:3]), response.status)
                self.assertIsNone(response.get("Transfer-Encoding"))
                if response.status == 204:
                    self.assertIsNone(response.get("Content-Length"))
                self.assertEqual(b"fine", client.get().body)
                self.assert_next_is_fine()

    def test_what_follows_a_response_answers_nobody(self):
        for what, sent in (("a second response", OK + "Content-Length: 2\r\n\r\nok" + SMUGGLED),
                           ("more than the length", OK + "Content-Length: 2\r\n\r\nokEVIL"),
                           ("a response behind the last chunk", OK + "Transfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n" + SMUGGLED),
                           ("a response behind an empty one", OK + "Content-Length: 0\r\n\r\n" + SMUGGLED)):
            with self.subTest(what):
                client = self.start_with(sent)
                self.assertIn(client.get().body, (b"ok", b""))
                self.assertEqual(b"fine", client.get().body)
                self.assert_next_is_fine()

    def test_a_response_before_the_request_answers_nobody(self):
        sent = threading.Event()
        service = self.start(raw.Peer([raw.request(), raw.answer(b"one"), raw.send(SMUGGLED), lambda talk: sent.set(),
                                       raw.read_to_end()],
                                      [raw.request(), raw.answer(b"two"), raw.read_to_end()]))
        client = self.client(self.proxy(BARE, service))
        self.assertEqual(b"one", client.get().body)
        self.assertTrue(sent.wait(20))
        self.assertEqual(b"two", client.get().body)

    def test_a_close_delimited_body_that_is_reset_never_looks_complete(self):
        service = self.start(raw.Peer([raw.request(), raw.send("HTTP/1.0 200 OK\r\n\r\nonly this"),
                                       lambda talk: more.wait(20) and None, raw.reset()]))
        proxy = self.proxy(BARE, service)
        for version in ("1.0", "1.1"):
            with self.subTest(version):
                more = threading.Event()
                client = self.client(proxy).send(f"GET / HTTP/{version}\r\nHost: a\r\n\r\n")
                client.head()
                client.reader.until(b"only this")
                more.set()
                with self.assertRaises((EOFError, ConnectionError)):
                    if client.reader.rest() in (b"", b"\r\n"):  # an HTTP/1.1 client misses its last chunk
                        raise EOFError if version == "1.1" else AssertionError("it looks complete")

    def test_a_reason_of_any_bytes_passes(self):
        client = self.start_with("HTTP/1.1 200 \xe4\xf6 \t!\r\nContent-Length: 0\r\n\r\n")
        self.assertEqual("HTTP/1.1 200 \xe4\xf6 \t!", client.get().start)
