"""An HTTP/2 client of few words: one request after the other, or many that stay open. RFC 9113."""
import socket
import ssl
import struct
import time

_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
_DATA, _HEADERS, _RESET, _SETTINGS, _PING, _GOAWAY, _WINDOW = 0, 1, 3, 4, 6, 7, 8
_END_STREAM, _ACK, _END_HEADERS = 1, 1, 4


def _frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def _literal(name, value):
    """A field without a table (RFC 7541 section 6.2.2)."""
    return b"\0" + bytes([len(name)]) + name.encode() + bytes([len(value)]) + value.encode()


class Streams:
    """A connection; `tls`: over TLS, by ALPN. A peer that says goodbye or resets a stream is an error."""

    def __init__(self, port, tls=False):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=30)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if tls:
            context = ssl.create_default_context()
            context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
            context.set_alpn_protocols(["h2"])
            self.socket = context.wrap_socket(self.socket)
        self.scheme = "https" if tls else "http"
        self.buffer, self.next = b"", 1
        windows = _frame(_SETTINGS, 0, 0, struct.pack(">HI", 4, (1 << 31) - 1)) + _frame(_WINDOW, 0, 0, struct.pack(">I", 1 << 30))
        self.socket.sendall(_PREFACE + windows)

    def ask(self, path):
        """Sends a GET; its stream."""
        stream, self.next = self.next, self.next + 2
        fields = ((":method", "GET"), (":scheme", self.scheme), (":authority", "bench.local"), (":path", path))
        self.socket.sendall(_frame(_HEADERS, _END_HEADERS | _END_STREAM, stream, b"".join(_literal(*field) for field in fields)))
        return stream

    def answer(self, stream):
        """Reads to the end of `stream`; bytes of its content."""
        size = 0
        while True:
            kind, flags, number, payload = self._next_frame()
            if number == stream and kind == _DATA:
                size += len(payload)
            if number == stream and kind in (_DATA, _HEADERS) and flags & _END_STREAM:
                return size

    def ping(self):
        """What was sent before is dealt with when this returns."""
        self.socket.sendall(_frame(_PING, 0, 0, b"12345678"))
        while True:
            kind, flags, _, _ = self._next_frame()
            if kind == _PING and flags & _ACK:
                return

    def _next_frame(self):
        """What the peer must be answered is answered."""
        kind, flags, stream, payload = self._read()
        if kind in (_RESET, _GOAWAY):
            raise RuntimeError(f"frame {kind} on stream {stream}: {payload!r}")
        if kind in (_SETTINGS, _PING) and not flags & _ACK:
            self.socket.sendall(_frame(kind, _ACK, 0, payload if kind == _PING else b""))
        return kind, flags, stream, payload

    def _read(self):
        while len(self.buffer) < 9 or len(self.buffer) < 9 + int.from_bytes(self.buffer[:3], "big"):
            more = self.socket.recv(65536)
            if not more:
                raise RuntimeError("the connection was closed")
            self.buffer += more
        size = int.from_bytes(self.buffer[:3], "big")
        kind, flags = self.buffer[3], self.buffer[4]
        stream = int.from_bytes(self.buffer[5:9], "big")
        payload, self.buffer = self.buffer[9:9 + size], self.buffer[9 + size:]
        return kind, flags, stream, payload

    def get(self, path, count, expect, pause=0):
        """`count` requests, one after the other, each with an answer of `expect` bytes."""
        for _ in range(count):
            if pause:
                time.sleep(pause)
            size = self.answer(self.ask(path))
            if size != expect:
                raise RuntimeError(f"an answer of {size} bytes")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()
