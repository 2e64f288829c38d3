"""Bytes that two readers could take for different requests are refused, or leave in one unambiguous form.

Each case goes out on a connection of its own, and a second request right behind it. A case that is refused closes the
connection, and the service hears of nothing. One that is forwarded reaches the service as the requests that it says, each
with at most one framing field in its plainest form, read by a service that knows nothing else.
"""
import re

from support import raw
from support.case import BARE, Case

NEXT = b"GET /next HTTP/1.1\r\nHost: a\r\n\r\n"


def post(fields, body=b"", path="/", version="1.1"):
    """A POST with raw field lines."""
    fields = fields.encode("latin-1") if isinstance(fields, str) else fields
    body = body.encode("latin-1") if isinstance(body, str) else body
    return f"POST {path} HTTP/{version}\r\nHost: a\r\n".encode() + fields + b"\r\n" + body


def get(fields, line="GET / HTTP/1.1"):
    return line.encode("latin-1") + b"\r\nHost: a\r\n" + fields.encode("latin-1") + b"\r\n"


SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n"
CHUNKED = "Transfer-Encoding: chunked\r\n"
EMPTY = "0\r\n\r\n"

# (what, bytes): refused with 4xx or 5xx.
REFUSED_LENGTHS = [(f"Content-Length {value!r}", post(f"Content-Length:{value}\r\n", "abc")) for value in (
    " +3", " -3", " -0", " 0x3", " 3.0", " 3e0", " 1_0", " 3;", " 3,", " ,3", " 3, 3", " 3,4", ' "3"', " 3 3", "", " ",
    " 3\x0b", " \x0c3", " 3\x00", " \x003", "\t3", " 3\t", " \xb3", " \xd9\xa3", " 3\x85", " 3\xa0", " three", " 0b11",
    " 0o3", " 9223372036854775808", " 18446744073709551619", " 99999999999999999999999999999999")]
REFUSED_CODINGS = [(f"Transfer-Encoding {value!r}", post(f"Transfer-Encoding:{value}\r\n", EMPTY)) for value in (
    "", " ", " identity", " gzip", " gzip, chunked", " chunked, gzip", " chunked, chunked", " chunked, identity",
    " identity, chunked", " chunked,", " ,chunked", " chunked;q=1", ' "chunked"', " 'chunked'", " x-chunked", " chunkedx",
    " xchunked", " chunked\x00", " \x00chunked", " chunked\x0b", " \x0cchunked", "\tchunked", " chunked\t", " chunked\x85",
    " chun\xb5ed", " \xefhunked", " ch\u00adunked", " chunked chunked", " cow", " 0", " deflate;chunked")]
REFUSED_PAIRS = [
    ("length, then chunked", post("Content-Length: 5\r\n" + CHUNKED, EMPTY + SMUGGLED)),
    ("chunked, then length", post(CHUNKED + "Content-Length: 5\r\n", EMPTY + SMUGGLED)),
    ("chunked beside an empty length", post(CHUNKED + "Content-Length:\r\n", EMPTY)),
    ("chunked beside length 0", post(CHUNKED + "Content-Length: 0\r\n", EMPTY)),
    ("an unknown coding beside a length", post("Transfer-Encoding: x\r\nContent-Length: 3\r\n", "abc")),
    ("two lengths", post("Content-Length: 3\r\nContent-Length: 4\r\n", "abcd")),
    ("the same length twice", post("Content-Length: 3\r\ncontent-LENGTH: 3\r\n", "abc")),
    ("two codings", post(CHUNKED + "Transfer-Encoding: identity\r\n", EMPTY)),
    ("the same coding twice", post(CHUNKED + CHUNKED, EMPTY)),
    ("codings in different case", post("transfer-encoding: Chunked\r\nTransfer-Encoding: chunked\r\n", EMPTY)),
    ("chunked in HTTP/1.0", post(CHUNKED, EMPTY, version="1.0")),
    ("Content_Length", post("Content_Length: 3\r\n", "abc")),
    ("Transfer_Encoding", post("Transfer_Encoding: chunked\r\nContent-Length: 3\r\n", "abc")),
    ("Transfer-Encoding with a space before the colon", post("Transfer-Encoding : chunked\r\n", EMPTY)),
    ("Transfer-Encoding with a tab before the colon", post("Transfer-Encoding\t: chunked\r\n", EMPTY)),
    ("Content-Length with a space before the colon", post("Content-Length : 3\r\n", "abc")),
    ("Content-Length with a NUL in its name", post("Content-Length\0: 3\r\n", "abc")),
    ("Content-Length behind a NUL", post("\0Content-Length: 3\r\n", "abc")),
    ("Transfer-Encoding behind a bare CR", post("X: y\rTransfer-Encoding: chunked\r\n", EMPTY)),
    ("Transfer-Encoding behind a bare LF", post("X: y\nTransfer-Encoding: chunked\r\n", EMPTY)),
    ("a coding on a folded line", post("Transfer-Encoding:\r\n chunked\r\n", EMPTY)),
    ("a coding behind a folded line", post("X: y\r\n z\r\n" + CHUNKED, EMPTY)),
    ("a length on a folded line", post("Content-Length: 1\r\n 0\r\n", "0123456789")),
    ("a space before the first field", b"POST / HTTP/1.1\r\n Host: a\r\nContent-Length: 3\r\n\r\nabc"),
    ("a space before a length", post(" Content-Length: 3\r\n", "abc")),
    ("a length in a field without a colon", post("Content-Length 3\r\n", "abc")),
    ("a BOM before the name", post("\xef\xbb\xbfContent-Length: 3\r\n", "abc")),
]
REFUSED_HEADS = [
    ("no Host", b"GET / HTTP/1.1\r\n\r\n"),
    ("two Hosts", get("Host: b\r\n")),
    ("two equal Hosts", get("host: a\r\n")),
    ("a list of Hosts", b"GET / HTTP/1.1\r\nHost: a, b\r\n\r\n"),
    ("a Host with a path", b"GET / HTTP/1.1\r\nHost: a/b\r\n\r\n"),
    ("a Host with user information", b"GET / HTTP/1.1\r\nHost: b@a\r\n\r\n"),
    ("a Host with a query", b"GET / HTTP/1.1\r\nHost: a?b\r\n\r\n"),
    ("a Host with a space", b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n"),
    ("a Host with an empty port", b"GET / HTTP/1.1\r\nHost: a:\r\n\r\n"),
    ("a Host with a word for a port", b"GET / HTTP/1.1\r\nHost: a:b\r\n\r\n"),
    ("a Host with a port too large", b"GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n"),
    ("a Host with two ports", b"GET / HTTP/1.1\r\nHost: a:1:2\r\n\r\n"),
    ("a Host with a backslash", b"GET / HTTP/1.1\r\nHost: a\\b\r\n\r\n"),
    ("a Host with an encoded dot", b"GET / HTTP/1.1\r\nHost: a%2eb\r\n\r\n"),
    ("a Host that is no IPv6 address", b"GET / HTTP/1.1\r\nHost: [::g]\r\n\r\n"),
    ("an empty Host", b"GET / HTTP/1.1\r\nHost:\r\n\r\n"),
    ("HTTP/0.9", b"GET /\r\n\r\n"),
    ("HTTP/0.9 without a path", b"GET\r\n\r\n"),
    ("HTTP/1.2", get("", "GET / HTTP/1.2")),
    ("HTTP/1.10", get("", "GET / HTTP/1.10")),
    ("HTTP/01.1", get("", "GET / HTTP/01.1")),
    ("HTTP/1,1", get("", "GET / HTTP/1,1")),
    ("HTTP/2.0", get("", "GET / HTTP/2.0")),
    ("a lower-case protocol", get("", "GET / http/1.1")),
    ("another protocol", get("", "GET / RTSP/1.0")),
    ("a space behind the version", get("", "GET / HTTP/1.1 ")),
    ("a tab in place of a space", get("", "GET\t/ HTTP/1.1")),
    ("a tab before the version", get("", "GET /\tHTTP/1.1")),
    ("two spaces behind the method", get("", "GET  / HTTP/1.1")),
    ("two spaces behind the target", get("", "GET /  HTTP/1.1")),
    ("a space before the method", get("", " GET / HTTP/1.1")),
    ("a space in the target", get("", "GET /a b HTTP/1.1")),
    ("a second version", get("", "GET / HTTP/1.1 HTTP/1.1")),
    ("a NUL in the method", get("", "G\0T / HTTP/1.1")),
    ("a NUL in the target", get("", "GET /\0 HTTP/1.1")),
    ("a vertical tab in the target", get("", "GET /\x0b HTTP/1.1")),
    ("a DEL in the target", get("", "GET /\x7f HTTP/1.1")),
    ("a byte above ASCII in the target", get("", "GET /\xff HTTP/1.1")),
    ("a colon in the method", get("", "GET: / HTTP/1.1")),
    ("a method in brackets", get("", "(GET) / HTTP/1.1")),
    ("no method", get("", "/ HTTP/1.1")),
    ("a target that is no path", get("", "GET a HTTP/1.1")),
    ("an asterisk for GET", get("", "GET * HTTP/1.1")),
    ("a host and port for GET", get("", "GET a:80 HTTP/1.1")),
    ("a URL of another scheme", get("", "GET ftp://a/ HTTP/1.1")),
    ("a URL without a host", get("", "GET http:/// HTTP/1.1")),
    ("a URL with user information", get("", "GET http://b@a/ HTTP/1.1")),
    ("a URL with a backslash for a slash", get("", "GET http:\\\\a/ HTTP/1.1")),
    ("a fragment", get("", "GET /a#b HTTP/1.1")),
    ("CONNECT", get("", "CONNECT a:443 HTTP/1.1")),
    ("two empty lines first", b"\r\n\r\n" + get("")),
    ("a bare LF first", b"\n" + get("")),
    ("a bare LF behind the request line", b"GET / HTTP/1.1\nHost: a\r\n\r\n"),
    ("bare LFs throughout", b"GET / HTTP/1.1\nHost: a\n\n"),
    ("a bare CR behind the request line", b"GET / HTTP/1.1\rHost: a\r\n\r\n"),
    ("LF CR", b"GET / HTTP/1.1\r\nHost: a\n\r\n\r"),
    ("CR CR LF", b"GET / HTTP/1.1\r\nHost: a\r\r\n\r\n"),
    ("a bare LF as the empty line", b"GET / HTTP/1.1\r\nHost: a\r\n\n"),
    ("a NUL in a value", get("X: a\0b\r\n")),
    ("a backspace in a value", get("X: a\x08b\r\n")),
    ("a DEL in a value", get("X: a\x7fb\r\n")),
    ("a space in a name", get("X Y: a\r\n")),
    ("a bracket in a name", get("X[]: a\r\n")),
    ("a slash in a name", get("X/Y: a\r\n")),
    ("a byte above ASCII in a name", get("\xdf: a\r\n")),
    ("an empty name", get(": a\r\n")),
    ("no colon", get("X\r\n")),
    ("a folded line", get("X: a\r\n b\r\n")),
    ("a line folded by a tab", get("X: a\r\n\tb\r\n")),
    ("a line of a blank", get(" \r\n")),
    ("X_Forwarded_For", get("X_Forwarded_For: 6.6.6.6\r\n")),
    ("X-Forwarded_Proto", get("X-Forwarded_Proto: https\r\n")),
    ("a TLS hello", b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03"),
    ("a line of SSH", b"SSH-2.0-OpenSSH_9.2\r\n"),
    ("a PROXY line", b"PROXY TCP4 1.1.1.1 2.2.2.2 1 2\r\n" + get("")),
]
REFUSED_PATHS = [(f"the path {path}", get("", f"GET {path} HTTP/1.1")) for path in (
    "/a/../b", "/..", "/.", "/a/./b", "/a/..", "/..;/a", "/a/..;x=y/b", "/%2e%2e/a", "/.%2e/a", "/a%2fb", "/a%2Fb",
    "/a%5cb", "/a\\b", "/a\\..\\b", "/a%00", "/a%252fb", "/a%252e%252e/b", "/%c0%ae", "/%c0%af", "/%ff", "/%e0%80%af",
    "/a%", "/a%2", "/a%zz", "/a%u002e")]
REFUSED_CHUNKS = [(f"chunks {body!r}", post(CHUNKED, body)) for body in (
    "-1\r\n\r\n", "+1\r\na\r\n" + EMPTY, "0x1\r\na\r\n" + EMPTY, " 1\r\na\r\n" + EMPTY, "1 \r\na\r\n" + EMPTY,
    "1\t\r\na\r\n" + EMPTY, "\r\n1\r\na\r\n" + EMPTY, ";\r\n" + EMPTY, "g\r\n" + EMPTY, "1g\r\na\r\n" + EMPTY, "1\n" + "a\r\n" + EMPTY,
    "1\ra\r\n" + EMPTY, "1\r\nab\r\n" + EMPTY, "1\r\na" + EMPTY, "1\r\na\n" + EMPTY, "1\r\na\r" + EMPTY, "0\n\n", "0\r\n\n",
    "fffffffffffffffff\r\n", "10000000000000000\r\n", "8000000000000000\r\n", "00000000000000001\r\na\r\n" + EMPTY,
    "1;\r\na\r\n" + EMPTY, "1;a\n" + "a\r\n" + EMPTY, "1;a\rb\r\na\r\n" + EMPTY, "1;\0\r\na\r\n" + EMPTY, "1;a=\"\r\n\"\r\na\r\n" + EMPTY,
    "1; a\r\na\r\n" + EMPTY, "1,2\r\na\r\n" + EMPTY, "1.0\r\na\r\n" + EMPTY, "\xb9\r\na\r\n" + EMPTY,
    "0\r\nX : y\r\n\r\n", "0\r\n X: y\r\n\r\n", "0\r\nX: y\r\n z\r\n\r\n", "0\r\nX: y\n\r\n", "0\r\nX: a\rb\r\n\r\n",
    "0\r\nX: a\0b\r\n\r\n", "0\r\n" + SMUGGLED, "0\r\nX\r\n\r\n")]

# (what, bytes, what the service must get: (start line, body) each): read by us in the only way.
FORWARDED = [
    ("a request in the body of another", post(f"Content-Length: {len(SMUGGLED)}\r\n", SMUGGLED),
     [("POST / HTTP/1.1", SMUGGLED)]),
    ("a request in a chunk", post(CHUNKED, f"{len(SMUGGLED):x}\r\n{SMUGGLED}\r\n{EMPTY}"), [("POST / HTTP/1.1", SMUGGLED)]),
    ("a GET with a body", b"GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", [("GET / HTTP/1.1", "abc")]),
    ("a HEAD with a body", b"HEAD / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc", [("HEAD / HTTP/1.1", "abc")]),
    ("a chunked GET", b"GET / HTTP/1.1\r\nHost: a\r\n" + (CHUNKED + "\r\n3\r\nabc\r\n" + EMPTY).encode(), [("GET / HTTP/1.1", "abc")]),
    ("a POST without a length has no body", post("", SMUGGLED), [("POST / HTTP/1.1", ""), ("GET /smuggled HTTP/1.1", "")]),
    ("length 0", post("Content-Length: 0\r\n", SMUGGLED), [("POST / HTTP/1.1", ""), ("GET /smuggled HTTP/1.1", "")]),
    ("a length with leading zeros", post("Content-Length: 003\r\n", "abc"), [("POST / HTTP/1.1", "abc")]),
    ("a length among blanks", post("Content-Length:   3   \r\n", "abc"), [("POST / HTTP/1.1", "abc")]),
    ("chunked in capitals", post("TRANSFER-ENCODING: CHUNKED\r\n", "3\r\nabc\r\n" + EMPTY), [("POST / HTTP/1.1", "abc")]),
    ("chunked without a blank", post("Transfer-Encoding:chunked\r\n", "3\r\nabc\r\n" + EMPTY), [("POST / HTTP/1.1", "abc")]),
    ("chunk extensions", post(CHUNKED, "3;a=b;c=\"d;e\"\r\nabc\r\n0;x\r\n\r\n"), [("POST / HTTP/1.1", "abc")]),
    ("chunk sizes with zeros", post(CHUNKED, "0003\r\nabc\r\n00\r\n\r\n"), [("POST / HTTP/1.1", "abc")]),
    ("framing in trailers", post(CHUNKED, "3\r\nabc\r\n0\r\nContent-Length: 50\r\nTransfer-Encoding: x\r\nHost: b\r\n\r\n"),
     [("POST / HTTP/1.1", "abc")]),
    ("a length that Connection names", post("Connection: content-length\r\nContent-Length: 3\r\n", "abc"),
     [("POST / HTTP/1.1", "abc")]),
    ("a coding that Connection names", post("Connection: transfer-encoding\r\n" + CHUNKED, "3\r\nabc\r\n" + EMPTY),
     [("POST / HTTP/1.1", "abc")]),
    ("a Host that Connection names", get("Connection: host\r\n"), [("GET / HTTP/1.1", "")]),
    ("an upgrade to h2c with a body", post("Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABk\r\n"
                                           f"Content-Length: {len(SMUGGLED)}\r\n", SMUGGLED), [("POST / HTTP/1.1", SMUGGLED)]),
    ("an upgrade to WebSocket", get("Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 777\r\n"),
     [("GET / HTTP/1.1", "")]),
    ("an empty line first", b"\r\n" + get(""), [("GET / HTTP/1.1", "")]),
    ("an absolute target wins over Host", get("", "GET http://b.example:81/x HTTP/1.1"), [("GET /x HTTP/1.1", "")]),
    ("an absolute target without a path", get("", "GET http://b.example HTTP/1.1"), [("GET / HTTP/1.1", "")]),
    ("an absolute target with a query only", get("", "GET http://b.example?x HTTP/1.1"), [("GET /?x HTTP/1.1", "")]),
    ("OPTIONS of a URL", get("", "OPTIONS http://b.example HTTP/1.1"), [("OPTIONS * HTTP/1.1", "")]),
    ("a method with odd characters", get("", "G!#$%&'*+-.^_`|~T / HTTP/1.1"), [("G!#$%&'*+-.^_`|~T / HTTP/1.1", "")]),
    ("a method in lower case", get("", "get / HTTP/1.1"), [("get / HTTP/1.1", "")]),
    ("two slashes", get("", "GET //a//b HTTP/1.1"), [("GET //a//b HTTP/1.1", "")]),
    ("dots in the query", get("", "GET /a?x=/../..&y=%2e%2e%00 HTTP/1.1"), [("GET /a?x=/../..&y=%2e%2e%00 HTTP/1.1", "")]),
    ("bytes above ASCII in a value", get("X: \xe4\xff\r\n"), [("GET / HTTP/1.1", "")]),
    ("an empty value", get("X:\r\n"), [("GET / HTTP/1.1", "")]),
]
FRAMING = re.compile(rb"^(?:content-length: *[0-9]+ *|transfer-encoding: chunked)$", re.I)


def service():
    """Answers each request; a service that understands only the plainest form of each framing field."""
    return raw.Peer.answering(raw.answer(b"ok"))


class Smuggling(Case):
    def setUp(self):
        self.service = self.start(service())
        self.proxy_ = self.proxy(BARE, self.service)

    def refuse(self, cases):
        for what, data in cases:
            with self.subTest(what), raw.Client(self.proxy_.port()) as client:
                client.send(data + NEXT)
                response = client.response("GET")
                self.assertIn(response.status, (400, 405, 414, 431, 501, 505))
                self.assertEqual("close", response.get("Connection"))
                self.assertIn("error=http_request_", response.get("Proxy-Status"))
                self.assertTrue(client.is_closed())
        complete = [request.start for request in self.service.requests if getattr(request, "complete", False)]
        self.assertEqual([], complete)

    def test_lengths(self):
        self.refuse(REFUSED_LENGTHS)

    def test_codings(self):
        self.refuse(REFUSED_CODINGS)

    def test_pairs_of_framing_fields(self):
        self.refuse(REFUSED_PAIRS)

    def test_heads(self):
        self.refuse(REFUSED_HEADS)

    def test_paths(self):
        self.refuse(REFUSED_PATHS)

    def test_chunks(self):
        self.refuse(REFUSED_CHUNKS)

    def test_what_is_forwarded_is_read_the_same_by_the_service(self):
        for what, data, expected in FORWARDED:
            with self.subTest(what), raw.Client(self.proxy_.port()) as client:
                self.service.requests.clear()
                client.send(data + NEXT)
                for start, _ in [*expected, ("GET /next", "")]:
                    self.assertEqual(200, client.response(start.split(" ")[0]).status)
                seen = [(request.start, request.body.decode("latin-1")) for request in self.service.requests]
                self.assertEqual([*expected, ("GET /next HTTP/1.1", "")], seen)
                for request in self.service.requests:
                    self.check_form(request)

    def check_form(self, request):
        framing = [line for line in request.head.split(b"\r\n")
                   if line.lower().startswith((b"content-length", b"transfer-encoding"))]
        self.assertLessEqual(len(framing), 1, request.head)
        for line in framing:
            self.assertRegex(line, FRAMING)
        self.assertEqual(1, len(request.all("Host")), request.head)
        for name in ("HTTP2-Settings", "Keep-Alive", "Proxy-Connection"):
            self.assertIsNone(request.get(name))
        self.assertIn(request.get("Upgrade"), (None, "websocket"))

    def test_trailers_that_frame_are_not_forwarded(self):
        client = self.client(self.proxy_)
        client.send(post(CHUNKED, "0\r\nX-Sum: 1\r\nContent-Length: 5\r\nHost: b\r\nAuthorization: x\r\n\r\n"))
        self.assertEqual(200, client.response("POST").status)
        self.assertEqual([("X-Sum", "1")], self.service.requests[0].trailers)

    def test_the_absolute_target_is_the_host_that_the_service_sees(self):
        self.client(self.proxy_).request("GET http://b.example:81/x HTTP/1.1\r\nHost: a\r\n\r\n")
        self.assertEqual(["b.example:81"], self.service.requests[0].all("Host"))
        self.assertEqual("b.example:81", self.service.requests[0].get("X-Forwarded-Host"))

    def test_connection_cannot_take_away_what_the_service_must_know(self):
        fields = "".join(f"{name}: 1\r\n" for name in ("Cookie", "Authorization", "Content-Type", "Origin"))
        named = "Cookie, Authorization, Content-Type, Origin, X-Forwarded-For, X-Forwarded-Proto, Via, Host"
        self.client(self.proxy_).request(get(f"Connection: {named}\r\n{fields}"))
        request = self.service.requests[0]
        for name in named.split(", "):
            self.assertIsNotNone(request.get(name), name)

    def test_decode_forwards_the_normal_form_that_was_matched(self):
        proxy = self.proxy("""
version: 1
listeners:
  - address: "@listen@"
    path: decode
    routes:
      - match: {path: {prefix: /admin}}
        respond: {status: 403, body: "no"}
      - upstream: app
upstreams: {app: {endpoints: ["@app@"], filters: []}}
""", self.service)
        for path, seen in (("/a/../b%2F%63", "/b/c"), ("/%41?x=/../%2F", "/A?x=/../%2F"), ("/a/./", "/a/"), ("/x%3by", "/x%3By")):
            with self.subTest(path):
                self.service.requests.clear()
                self.assertEqual(200, self.client(proxy).get(path).status)
                self.assertEqual(f"GET {seen} HTTP/1.1", self.service.requests[0].start)
        self.service.requests.clear()
        for path in ("/admin", "/x/../admin", "/%61dmin/y", "/x%2f..%2fadmin", "/./admin", "/x/%2e%2E/admin"):
            with self.subTest(path):
                self.assertEqual(403, self.client(proxy).get(path).status)
        for path in ("/../admin", "/x/..;/admin", "/x\\..\\admin", "/%252e%252e/admin", "/admin%00", "/%c0%ae"):
            with self.subTest(path):
                self.assertEqual(400, self.client(proxy).get(path).status)
        self.assertEqual([], self.service.requests)

    def test_an_encoded_letter_does_not_pass_a_route_by(self):
        self.service = self.start(raw.Peer.answering())
        proxy = self.proxy("""
version: 1
listeners:
  - address: "@listen@"
    routes:
      - match: {path: {prefix: /admin}}
        respond: {status: 403, body: "no"}
      - upstream: app
upstreams: {app: {endpoints: ["@app@"], filters: []}}
""", self.service)
        for path, status in (("/admin", 403), ("/%61dmin", 400), ("/admi%6E/x", 400), ("/%41dmin", 400), ("/a%20b", 200)):
            with self.subTest(path):
                self.assertEqual(status, self.client(proxy).get(path).status)
        self.assertEqual(["GET /a%20b HTTP/1.1"], [request.start for request in self.service.requests])
