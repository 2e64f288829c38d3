"""Attacks that worked on other servers, each by its public advisory: none works here.

A row names the advisory, whom it was about, what is sent and what must come of it. REFUSED: 4xx or 5xx, the connection
closes, and the service hears of nothing. FORWARDED: the service gets exactly these requests, and the client exactly as many
answers. docs/security.md shows the same rows; a test compares.
"""
import re

from support import raw
from support.case import BARE, Case
from support.http2 import Http2Client
from support.outrigger import ROOT

NEXT = b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n"
SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"
END = "0\r\n\r\n"
INJECTED = "/a%20HTTP/1.1%0d%0aHost:%20b%0d%0a%0d%0aGET%20/admin"


def post(fields, body="", version="1.1"):
    return f"POST / HTTP/{version}\r\nHost: a\r\n{fields}\r\n{body}"


def get(target="/", fields="", host="Host: a\r\n"):
    return f"GET {target} HTTP/1.1\r\n{host}{fields}\r\n"


# (advisory, whose, what, bytes)
REFUSED = [
    # framing: Transfer-Encoding
    ("CVE-2019-18277", "HAProxy", "a vertical tab before `chunked`", post("Content-Length: 6\r\nTransfer-Encoding:\x0bchunked\r\n", END + "X")),
    ("CVE-2019-16276", "Go", "a space before the colon", post("Transfer-Encoding : chunked\r\nContent-Length: 5\r\n", END)),
    ("CVE-2019-15605", "Node", "`chunked` behind another coding", post("Transfer-Encoding: chunked , identity\r\nContent-Length: 5\r\n", END)),
    ("CVE-2022-32213", "Node", "a coding that only begins as `chunked`", post("Transfer-Encoding: chunkedchunked\r\nContent-Length: 5\r\n", END)),
    ("CVE-2022-32215", "Node", "a coding on a folded line", post("Transfer-Encoding: chunked\r\n , identity\r\nContent-Length: 5\r\n", END)),
    ("CVE-2020-8287", "Node", "the field twice", post(CHUNKED + "Transfer-Encoding: eee\r\n", END)),
    ("CVE-2021-33037", "Tomcat", "chunked from a client of HTTP/1.0", post(CHUNKED, END, version="1.0")),
    ("CVE-2020-1935", "Tomcat", "an invalid coding", post("Transfer-Encoding: ch\x01unked\r\nContent-Length: 5\r\n", END)),
    ("CVE-2020-10108", "Twisted", "two lengths", post("Content-Length: 0\r\nContent-Length: 38\r\n", SMUGGLED)),
    ("CVE-2020-10109", "Twisted", "a length and a coding", post("Content-Length: 38\r\n" + CHUNKED, END + SMUGGLED)),
    ("CVE-2019-16786", "waitress", "`chunked` that is only one of several", post("Transfer-Encoding: gzip, chunked\r\nContent-Length: 5\r\n", END)),
    ("CVE-2024-1135", "gunicorn", "a list of codings", post("Transfer-Encoding: chunked,identity\r\n", END)),
    ("CVE-2018-8004", "Traffic Server", "a space before the colon of a length", post("Content-Length : 38\r\n", SMUGGLED)),
    ("CVE-2021-37147", "Traffic Server", "a bare LF ends a line", post("X: y\nContent-Length: 38\r\n", SMUGGLED)),
    ("CVE-2022-26377", "Apache httpd", "`chunked` behind an unknown coding", post("Transfer-Encoding: a, chunked\r\nContent-Length: 5\r\n", END)),
    # framing: Content-Length
    ("CVE-2023-40225", "HAProxy", "an empty length", post("Content-Length:\r\n", SMUGGLED)),
    ("CVE-2021-40346", "HAProxy", "a name of 270 bytes", post("Content-Length0" + "a" * 255 + ":\r\nContent-Length: 38\r\nContent-Length: 0\r\n", SMUGGLED)),
    ("CVE-2023-25725", "HAProxy", "an empty name", post(":\r\nContent-Length: 38\r\n", SMUGGLED)),
    ("CVE-2017-7658", "Jetty", "two lengths", post("Content-Length: 38\r\nContent-Length: 0\r\n", SMUGGLED)),
    ("CVE-2023-40167", "Jetty", "a sign before the length", post("Content-Length: +38\r\n", SMUGGLED)),
    ("CVE-2021-32715", "hyper", "a sign before the length", post("Content-Length: +0\r\n", SMUGGLED)),
    ("CVE-2022-24801", "Twisted", "a sign before the length", post("Content-Length: +3\r\n", "abc")),
    ("CVE-2022-42252", "Tomcat", "a length that is no number", post("Content-Length: abc\r\n", SMUGGLED)),
    ("CVE-2019-16785", "waitress", "a bare LF ends a line", "POST / HTTP/1.1\nHost: a\nContent-Length: 38\n\n" + SMUGGLED),
    ("CVE-2019-16792", "waitress", "two lengths", post("Content-Length: 38\r\nContent-Length: 38\r\n", SMUGGLED)),
    ("CVE-2024-27982", "Node", "a space before the name of a length", post(" Content-Length: 38\r\n", SMUGGLED)),
    ("CVE-2015-3183", "Apache httpd", "a chunk size with a line end inside", post(CHUNKED, "1\n0\r\na\r\n" + END)),
    # framing: chunks
    ("CVE-2021-22960", "Node", "a bare CR in a chunk extension", post(CHUNKED, "1;a\rb\r\na\r\n" + END)),
    ("CVE-2025-22871", "Go", "a bare LF ends a chunk size", post(CHUNKED, "1;a\na\r\n" + END)),
    ("CVE-2017-7657", "Jetty", "a chunk size beyond 32 bits that wraps", post(CHUNKED, "100000000000000001\r\na\r\n" + END)),
    ("CVE-2021-32714", "hyper", "a chunk size beyond 64 bits", post(CHUNKED, "f0000000000000003\r\nabc\r\n" + END)),
    ("CVE-2013-2028", "nginx", "a chunk size that becomes negative", post(CHUNKED, "ffffffffffffffec\r\na\r\n" + END)),
    ("CVE-2014-0075", "Tomcat", "a chunk size that overflows", post(CHUNKED, "8000000000000001\r\na\r\n" + END)),
    ("CVE-2014-0099", "Tomcat", "a length that overflows", post("Content-Length: 18446744073709551617\r\n", "a")),
    ("CVE-2023-40175", "Puma", "trailers that are broken", post(CHUNKED, "0\r\nX : y\r\n\r\n")),
    ("CVE-2024-49768", "waitress", "a body that ends wrongly, and a request behind it", post(CHUNKED, "1\r\naX\r\n" + SMUGGLED)),
    # heads
    ("CVE-2021-22959", "Node", "a space before the colon", get(fields="X : y\r\n")),
    ("CVE-2022-32214", "Node", "a bare LF between fields", get(fields="X: y\nY: z\r\n")),
    ("CVE-2022-35256", "Node", "a bare CR ends a line", get(fields="X: y\rY: z\r\n")),
    ("CVE-2023-30589", "Node", "a bare CR ends the head", "GET / HTTP/1.1\r\nHost: a\r\r\n\r\n"),
    ("CVE-2019-9900", "Envoy", "a NUL in a value", get(fields="X: a\0b\r\n")),
    ("CVE-2013-4547", "nginx", "a space and a NUL in the target", get("/file \0.php")),
    ("CVE-2017-7656", "Jetty", "HTTP/0.9", "GET /\r\n\r\n"),
    ("CVE-2016-8743", "Apache httpd", "other white space between the parts of the request line", "GET\x0b/\x0bHTTP/1.1\r\nHost: a\r\n\r\n"),
    # targets
    ("CVE-2019-9901", "Envoy", "dot segments before a rule", get("/public/../admin")),
    ("CVE-2021-29492", "Envoy", "an encoded slash", get("/public%2f..%2fadmin")),
    ("CVE-2021-32779", "Envoy", "a fragment", get("/admin#/public")),
    ("CVE-2023-45539", "HAProxy", "a fragment", get("/index.html#.png")),
    ("CVE-2021-41773", "Apache httpd", "encoded dots", get("/cgi-bin/.%2e/.%2e/etc/passwd")),
    ("CVE-2021-42013", "Apache httpd", "dots encoded twice", get("/cgi-bin/%%32%65%%32%65/etc/passwd")),
    ("CVE-2007-0450", "Tomcat", "a backslash for a slash", get("/public\\../admin")),
    ("CVE-2020-5410", "Spring", "dots encoded twice with a parameter", get("/..%252f..%252f..%252fetc/passwd")),
    ("CVE-2018-1271", "Spring", "backslashes, encoded twice", get("/public/%255c..%255c/admin")),
    ("CVE-2008-2938", "Tomcat", "overlong UTF-8", get("/%c0%ae%c0%ae/admin")),
]
# (advisory, whose, what, bytes, what the service gets)
FORWARDED = [
    ("CVE-2022-22720", "Apache httpd", "a body that is not read is no request", post("Content-Length: 35\r\n", SMUGGLED),
     [("POST / HTTP/1.1", SMUGGLED)]),
    ("CVE-2025-4366", "Pingora", "a GET with a body", get(fields="Content-Length: 35\r\n") + SMUGGLED, [("GET / HTTP/1.1", SMUGGLED)]),
    ("CVE-2023-25690", "Apache httpd", "an encoded line end and space in a path", get(INJECTED), [(f"GET {INJECTED} HTTP/1.1", "")]),
]
# (advisory, whose, what, field lines, names that must not reach the service, names that must)
FIELDS = [
    ("CVE-2022-31813", "Apache httpd", "Connection names the fields that we add", "Connection: close, X-Forwarded-For, X-Forwarded-Proto, Via\r\n",
     (), ("X-Forwarded-For", "X-Forwarded-Proto", "Via")),
    ("CVE-2021-33197", "Go", "an empty Connection, then one that names a field of ours", "Connection:\r\nConnection: x-forwarded-for\r\n",
     (), ("X-Forwarded-For",)),
    ("CVE-2024-45410", "Traefik", "Connection names X-Forwarded-Host", "Connection: X-Forwarded-Host, keep-alive\r\n", (), ("X-Forwarded-Host",)),
    ("CVE-2015-0219", "Django", "an underscore for a hyphen", "X_Auth_User: root\r\n", ("X_Auth_User", "X-Auth-User"), ()),
    ("CVE-2016-5385", "PHP and other CGI", "`Proxy` becomes HTTP_PROXY", "Proxy: http://evil.example:80\r\n", ("Proxy",), ()),
]
# (advisory, whose, what, pseudo-header and other fields of HTTP/2, content): the stream is reset, the service hears nothing
STREAMS = [
    ("CVE-2021-33193", "Apache httpd", "a method that holds a request line", {":method": "GET / HTTP/1.1\r\nHost: a\r\n\r\nGET"}, (), None),
    ("CVE-2021-21295", "Netty", "a length below the content", {":method": "POST"}, (("content-length", "1"),), b"x" + SMUGGLED.encode()),
    ("CVE-2021-21409", "Netty", "a length without content", {":method": "POST"}, (("content-length", "38"),), None),
    ("CVE-2021-36740", "Varnish", "a length above the content", {":method": "POST"}, (("content-length", "99"),), SMUGGLED.encode()),
    ("RFC 9113 section 8.2.2", "several", "a coding", {":method": "POST"}, (("transfer-encoding", "chunked"),), b"0\r\n\r\n" + SMUGGLED.encode()),
    ("RFC 9113 section 8.2.1", "several", "a line end in a value", {}, (("x", "a\r\ntransfer-encoding: chunked"),), None),
    ("RFC 9113 section 8.2.1", "several", "a space in a name", {}, (("x y", "a"),), None),
]
BOTH = BARE.replace("listeners: [", 'listeners: [{name: tls, address: "@tls@", tls: {self_signed: true}, upstream: app}, ')


class Advisories(Case):
    def setUp(self):
        self.service = self.start(raw.Peer.answering())
        self.front = self.proxy(BOTH, self.service, wait_for=("listen", "tls"))

    def complete(self):
        return [request.start for request in self.service.requests if getattr(request, "complete", False)]

    def test_what_is_refused(self):
        for advisory, whose, what, data in REFUSED:
            with self.subTest(f"{advisory} {whose}: {what}"), raw.Client(self.front.port()) as client:
                client.send(data.encode("latin-1") + NEXT)
                self.assertIn(client.response().status, (400, 431, 501, 505))
                self.assertTrue(client.is_closed())
        self.assertEqual([], self.complete())

    def test_what_is_forwarded_in_one_form(self):
        for advisory, whose, what, data, expected in FORWARDED:
            with self.subTest(f"{advisory} {whose}: {what}"), raw.Client(self.front.port()) as client:
                self.service.requests.clear()
                client.send(data.encode("latin-1") + NEXT)
                for _ in (*expected, "next"):
                    self.assertEqual(200, client.response().status)
                seen = [(request.start, request.body.decode("latin-1")) for request in self.service.requests]
                self.assertEqual([*expected, ("GET /next HTTP/1.1", "")], seen)

    def test_fields_that_the_service_must_not_or_must_see(self):
        for advisory, whose, what, lines, hidden, kept in FIELDS:
            with self.subTest(f"{advisory} {whose}: {what}"):
                self.service.requests.clear()
                status = self.client(self.front).request(get(fields=lines)).status
                if status == 400:
                    self.assertEqual([], self.service.requests)
                    continue
                request, = self.service.requests
                self.assertEqual((200, []), (status, [name for name in hidden if request.get(name)]))
                self.assertEqual([], [name for name in kept if not request.get(name)])

    def test_streams_that_would_become_other_requests(self):
        for name in ("listen", "tls"):
            for advisory, whose, what, pseudo, fields, body in STREAMS:
                with self.subTest(f"{advisory} {whose}: {what}", over=name), \
                        Http2Client(self.front.port(name), tls=name == "tls") as client:
                    head = {":method": "GET", ":scheme": "http", ":authority": "a", ":path": "/", **pseudo}
                    stream = client.request(pseudo=list(head.items()), fields=fields, body=body)
                    self.assertTrue(client.until(lambda: client.answers[stream].is_over))
                    answer = client.answers[stream]
                    self.assertTrue(answer.reset is not None or answer.status == "400", (answer.status, answer.reset))
        self.assertEqual([], self.complete())

    def test_the_document_shows_these_rows(self):
        text = (ROOT / "docs/security.md").read_text()
        shown = re.findall(r"^\| (CVE-\S+|RFC [^|]+?) \| ([^|]+) \| (.+) \| (.+) \|$", text, re.M)
        self.assertEqual(list(rows()), [row for row in shown if row[3] in OUTCOMES])


OUTCOMES = ("refused", "forwarded in one form", "fields kept apart", "stream reset")


def rows():
    for table, outcome in zip((REFUSED, FORWARDED, FIELDS, STREAMS), OUTCOMES):
        for advisory, whose, what, *_ in table:
            yield advisory, whose, what, outcome
