"""RFC 9113 and RFC 7541 against the real binary, over TLS and in plain: what ends the connection, what ends a stream, what
is ignored. The session's own tables (src/http/h2/*_test.cc) go further; no conformance client is in Debian."""
import struct

from support import raw
from support.case import Case
from support.http2 import PREFACE, Http2Client

CONFIG = """
version: 1
listeners:
  - {name: plain, address: "@listen@", upstream: app}
  - {name: tls, address: "@tls@", tls: {self_signed: true}, upstream: app}
upstreams: {app: {endpoints: ["@app@"], filters: []}}
"""
NO, PROTOCOL, FLOW_CONTROL, CLOSED, FRAME_SIZE, COMPRESSION = 0, 1, 3, 5, 6, 9
DATA, HEADERS, PRIORITY, RST, SETTINGS, PUSH, PING, GOAWAY, WINDOW, CONTINUATION = range(10)
END_STREAM, ACK, END_HEADERS, PADDED = 1, 1, 4, 8


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def literal(name, value):
    return b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()


def block(*fields, method="GET", path="/"):
    pseudo = ((":method", method), (":scheme", "https"), (":authority", "a"), (":path", path))
    return b"".join(literal(*field) for field in (*pseudo, *fields))


def get(stream, *fields, flags=END_HEADERS | END_STREAM, **pseudo):
    return frame(HEADERS, flags, stream, block(*fields, **pseudo))


def post(stream, *fields):
    return get(stream, *fields, flags=END_HEADERS, method="POST")


def pairs(*fields):
    return frame(HEADERS, END_HEADERS | END_STREAM, 1, b"".join(literal(*field) for field in fields))


def setting(number, value):
    return frame(SETTINGS, 0, 0, struct.pack(">HI", number, value))


def number(value):
    return struct.pack(">I", value)


def fields(block):
    """A request's head in one block of bytes as they are."""
    return frame(HEADERS, END_HEADERS | END_STREAM, 1, block)


A = (":authority", "a")
ADDS_AND_REFERS = (fields(b"\x82\x87\x84\x01\x01a\x40\x01x\x01y") +
                   frame(HEADERS, END_HEADERS | END_STREAM, 3, b"\x82\x87\x84\x01\x01a\xbe"))
CONNECTION = [  # what ends the connection: section, bytes, error code
    ("4.2 DATA above our frame size", post(1) + frame(DATA, 0, 1, b"x" * 16385), FRAME_SIZE),
    ("4.3 another frame inside a field block", get(1, flags=0) + frame(PING, 0, 0, b"12345678"), PROTOCOL),
    ("4.3 a block that can't be decoded", frame(HEADERS, 5, 1, b"\xff\xff\xff\xff\xff\xff"), COMPRESSION),
    ("5.1 DATA behind the end of a request", get(1) + frame(DATA, 0, 1, b"x"), CLOSED),
    ("5.1 HEADERS behind the end of a request", get(1) + get(1), CLOSED),
    ("5.1 DATA on an idle stream", frame(DATA, 0, 1, b"x"), PROTOCOL),
    ("5.1 RST_STREAM on an idle stream", frame(RST, 0, 1, number(8)), PROTOCOL),
    ("5.1 WINDOW_UPDATE on an idle stream", frame(WINDOW, 0, 1, number(1)), PROTOCOL),
    ("5.1 CONTINUATION on an idle stream", frame(CONTINUATION, END_HEADERS, 1, block()), PROTOCOL),
    ("5.1.1 an even number from a client", get(2), PROTOCOL),
    ("5.1.1 a number that was passed over", get(5) + get(3), PROTOCOL),
    ("5.3.1 a stream that depends on itself", frame(PRIORITY, 0, 1, number(1) + b"\0"), PROTOCOL),
    ("6.1 DATA on stream 0", frame(DATA, 0, 0, b"x"), PROTOCOL),
    ("6.1 padding as long as the frame", post(1) + frame(DATA, PADDED, 1, b"\x04abc"), PROTOCOL),
    ("6.2 HEADERS on stream 0", get(0), PROTOCOL),
    ("6.2 padding as long as the frame", frame(HEADERS, PADDED | END_HEADERS | END_STREAM, 1, b"\xff" + block()), PROTOCOL),
    ("6.3 PRIORITY of another size", frame(PRIORITY, 0, 1, b"\0\0\0\0"), FRAME_SIZE),
    ("6.3 PRIORITY on stream 0", frame(PRIORITY, 0, 0, b"\0\0\0\0\0"), PROTOCOL),
    ("6.4 RST_STREAM of another size", post(1) + frame(RST, 0, 1, b"123"), FRAME_SIZE),
    ("6.4 RST_STREAM on stream 0", frame(RST, 0, 0, number(8)), PROTOCOL),
    ("6.5 SETTINGS on a stream", frame(SETTINGS, 0, 1), PROTOCOL),
    ("6.5 SETTINGS of another size", frame(SETTINGS, 0, 0, b"123"), FRAME_SIZE),
    ("6.5 an ACK with content", frame(SETTINGS, ACK, 0, b"123456"), FRAME_SIZE),
    ("6.5.2 ENABLE_PUSH 2", setting(2, 2), PROTOCOL),
    ("6.5.2 INITIAL_WINDOW_SIZE too large", setting(4, 1 << 31), FLOW_CONTROL),
    ("6.5.2 MAX_FRAME_SIZE too small", setting(5, 16383), PROTOCOL),
    ("6.5.2 MAX_FRAME_SIZE too large", setting(5, 1 << 24), PROTOCOL),
    ("6.6 PUSH_PROMISE from a client", frame(PUSH, END_HEADERS, 1, number(2) + block()), PROTOCOL),
    ("6.7 PING on a stream", frame(PING, 0, 1, b"12345678"), PROTOCOL),
    ("6.7 PING of another size", frame(PING, 0, 0, b"1234567"), FRAME_SIZE),
    ("6.8 GOAWAY on a stream", frame(GOAWAY, 0, 1, b"12345678"), PROTOCOL),
    ("6.8 GOAWAY of another size", frame(GOAWAY, 0, 0, b"1234"), FRAME_SIZE),
    ("6.9 no increment for the connection", frame(WINDOW, 0, 0, number(0)), PROTOCOL),
    ("6.9 WINDOW_UPDATE of another size", frame(WINDOW, 0, 0, b"123"), FRAME_SIZE),
    ("6.9.1 the connection's window overflows", frame(WINDOW, 0, 0, number((1 << 31) - 1)), FLOW_CONTROL),
    ("6.10 CONTINUATION behind the end of a block", post(1) + frame(CONTINUATION, END_HEADERS, 1), PROTOCOL),
    ("6.10 CONTINUATION of another stream", get(1, flags=0) + frame(CONTINUATION, END_HEADERS, 3), PROTOCOL),
    ("RFC 7541 2.3.3 an index of 0", fields(b"\x80"), COMPRESSION),
    ("RFC 7541 2.3.3 an index beyond both tables", fields(b"\xbe"), COMPRESSION),
    ("RFC 7541 4.2 a table larger than we allow", fields(b"\x3f\xe2\x1f" + block()), COMPRESSION),
    ("RFC 7541 4.2 a new size behind a field", fields(block() + b"\x20"), COMPRESSION),
    ("RFC 7541 5.1 an integer without end", fields(b"\xff" * 11), COMPRESSION),
    ("RFC 7541 5.2 a string longer than its block", fields(b"\0\x05ab"), COMPRESSION),
    ("RFC 7541 5.2 Huffman padding of zeros", fields(b"\0\x01a\x81\x18"), COMPRESSION),
    ("RFC 7541 5.2 Huffman padding of a byte and more", fields(b"\0\x01a\x82\x1f\xff"), COMPRESSION),
    ("RFC 7541 5.2 EOS in a string", fields(b"\0\x01a\x84\xff\xff\xff\xff"), COMPRESSION),
]
STREAM = [  # what ends a stream
    ("6.9.1 a stream's window overflows", post(1) + frame(WINDOW, 0, 1, number((1 << 31) - 1)), FLOW_CONTROL),
    # Section 6.9.2 would have the connection end; nghttp2 ends the streams that the setting concerns.
    ("6.9.2 a setting overflows a stream's window", post(1) + frame(WINDOW, 0, 1, number((1 << 31) - (1 << 20) - 1)) +
     setting(4, (1 << 31) - 1), FLOW_CONTROL),
    ("8.1 trailers that do not end the stream", post(1) + frame(HEADERS, END_HEADERS, 1, literal("a", "b")), PROTOCOL),
    ("8.1.1 more content than announced", post(1, ("content-length", "1")) + frame(DATA, END_STREAM, 1, b"xy"), PROTOCOL),
    ("8.1.1 less content than announced", post(1, ("content-length", "3")) + frame(DATA, END_STREAM, 1, b"xy"), PROTOCOL),
    ("8.2 an upper-case name", get(1, ("X-A", "b")), PROTOCOL),
    ("8.2.1 an empty name", get(1, ("", "x")), PROTOCOL),
    ("8.2.1 a name with a blank", get(1, ("a b", "x")), PROTOCOL),
    ("8.2.1 NUL in a value", get(1, ("x", "a\0b")), PROTOCOL),
    ("8.2.1 a value that begins with a blank", get(1, ("x", " a")), PROTOCOL),
    ("8.2.2 connection", get(1, ("connection", "close")), PROTOCOL),
    ("8.2.2 keep-alive", get(1, ("keep-alive", "1")), PROTOCOL),
    ("8.2.2 proxy-connection", get(1, ("proxy-connection", "close")), PROTOCOL),
    ("8.2.2 transfer-encoding", get(1, ("transfer-encoding", "chunked")), PROTOCOL),
    ("8.2.2 upgrade", get(1, ("upgrade", "h2c")), PROTOCOL),
    ("8.2.2 te", get(1, ("te", "gzip")), PROTOCOL),
    ("8.2.1 a line end in a value", get(1, ("x", "a\r\nb: c")), PROTOCOL),
    ("8.3 an unknown pseudo-header", get(1, (":x", "y")), PROTOCOL),
    ("8.3 :status in a request", pairs((":status", "200"), (":method", "GET"), (":scheme", "https"), A, (":path", "/")), PROTOCOL),
    ("8.3 a pseudo-header behind a field", pairs((":method", "GET"), (":scheme", "https"), A, ("x", "y"), (":path", "/")), PROTOCOL),
    ("8.3 a pseudo-header in trailers", post(1) + frame(HEADERS, 5, 1, literal(":path", "/")), PROTOCOL),
    ("8.3.1 no :method", pairs((":scheme", "https"), A, (":path", "/")), PROTOCOL),
    ("8.3.1 no :scheme", pairs((":method", "GET"), A, (":path", "/")), PROTOCOL),
    ("8.3.1 no :path", pairs((":method", "GET"), (":scheme", "https"), A), PROTOCOL),
    ("8.3.1 an empty :path", get(1, path=""), PROTOCOL),
    ("8.3.1 :path twice", get(1, (":path", "/")), PROTOCOL),
    ("8.3.1 :authority twice", get(1, A), PROTOCOL),
    ("8.3.1 host is another than :authority", get(1, ("host", "b")), PROTOCOL),
    ("8.5 CONNECT without :authority", pairs((":method", "CONNECT")), PROTOCOL),
    ("RFC 8441 4 :protocol, which was not offered", pairs((":method", "CONNECT"), (":scheme", "https"), A, (":path", "/"),
                                                          (":protocol", "websocket")), PROTOCOL),
    ("8.5 CONNECT with :path", get(1, method="CONNECT"), PROTOCOL),
]
IGNORED = [  # what is answered or passed over: a request behind it is answered
    ("4.1 a frame of an unknown type", frame(0xbb, 0xff, 0, b"whatever") + frame(0xbb, 0, 3)),
    ("4.1 a reserved bit", frame(WINDOW, 0, 1 << 31, number(1))),
    ("5.1 PRIORITY on an idle stream", frame(PRIORITY, 0, 7, b"\0\0\0\0\x10")),
    ("6.1 padded content", post(1) + frame(DATA, PADDED | END_STREAM, 1, b"\x03abc\0\0\0")),
    ("6.2 a padded head with priority", frame(HEADERS, PADDED | 0x20 | END_HEADERS | END_STREAM, 1, b"\x02" + number(0) + b"\x10" + block() + b"\0\0")),
    ("6.2 a head in three frames", frame(HEADERS, END_STREAM, 1, block()[:5]) +
     frame(CONTINUATION, 0, 1, block()[5:9]) + frame(CONTINUATION, END_HEADERS, 1, block()[9:])),
    ("6.5.2 an unknown setting", setting(0xff, 1)),
    ("7 an unknown error code", post(1) + frame(RST, 0, 1, number(0xdead))),
    ("RFC 7541 4.2 a table of no size, then one of the old", fields(b"\x20\x3f\xe1\x1f" + block())),
    ("RFC 7541 6.2.1 an entry that is added and referred to", ADDS_AND_REFERS),
    ("6.7 an answer to no PING", frame(PING, ACK, 0, b"12345678")),
]


class Conformance(Case):
    def each(self, rows, check):
        service = self.start(raw.Peer.answering())
        proxy = self.proxy(CONFIG, service, wait_for=("listen", "tls"))
        for name in ("listen", "tls"):
            for row in rows:
                with self.subTest(row[0], over=name), Http2Client(proxy.port(name), tls=name == "tls") as client:
                    client.ping()
                    check(client, *row[1:])
            with Http2Client(proxy.port(name), tls=name == "tls") as client:
                self.assertEqual(200, client.get().status)
        return service

    def test_errors_of_the_connection(self):
        def check(client, sent, code):
            client.send_bytes(sent)
            self.assertTrue(client.until(lambda: client.is_closed))
            self.assertEqual(code, client.goaways[-1][1])
        self.each(CONNECTION, check)

    def test_errors_of_a_stream(self):
        def check(client, sent, code):
            client.send_bytes(sent)
            client.until(lambda: 1 in client.answers and client.answers[1].is_over)
            self.assertEqual((None, code), (client.answers[1].status, client.answers[1].reset))
            self.assertTrue(client.ping())
            self.assertEqual([], client.goaways)
        service = self.each(STREAM, check)
        self.assertEqual([], [request.start for request in service.requests if request.start.startswith("GET") and
                              request.get("Host") == "a"])

    def test_what_is_no_error(self):
        def check(client, sent):
            client.send_bytes(sent)
            client.skip_to(101)
            self.assertEqual(200, client.get().status)
            self.assertEqual([], client.goaways)
            for stream in (1, 3):
                if stream in client.answers and client.answers[stream].status:
                    self.assertEqual(200, client.answer(stream).status)
        self.each(IGNORED, check)

    def test_another_beginning_than_the_preface(self):
        proxy = self.proxy(CONFIG, self.start(raw.Peer.answering()), wait_for=("listen", "tls"))
        with Http2Client(proxy.port("tls"), tls=True, preface=b"GET / HTTP/1.1\r\nHost: a\r\n\r\n") as client:
            self.assertTrue(client.until(lambda: client.is_closed))
            self.assertEqual([], [answer.status for answer in client.answers.values()])
        with Http2Client(proxy.port(), preface=PREFACE + frame(PING, 0, 0, b"12345678")) as client:  # no SETTINGS first
            self.assertTrue(client.until(lambda: client.is_closed))
            self.assertEqual(PROTOCOL, client.goaways[-1][1])
