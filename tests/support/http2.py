"""An HTTP/2 client that says what a test tells it to, valid or not. Frames by hyperframe, fields by hpack, both from Debian."""
import select
import socket
import ssl
import time

import hpack
from hyperframe import frame as frames

from .wait import PATIENCE

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
NO_ERROR, PROTOCOL_ERROR, INTERNAL_ERROR, REFUSED_STREAM, CANCEL, ENHANCE_YOUR_CALM = 0, 1, 2, 7, 8, 11


class Answer:
    """What came on a stream: `status`, `fields`, `body`, `trailers`, `interim` statuses, and how it ended:
    `ended` by END_STREAM, or `reset` to an error code."""

    def __init__(self):
        self.status = None
        self.fields, self.trailers, self.interim = [], [], []
        self.body = b""
        self.ended = False
        self.reset = None

    def get(self, name):
        return dict(self.fields).get(name)

    @property
    def is_over(self):
        return self.ended or self.reset is not None


class Http2Client:
    """One connection. `tls`: ALPN h2. `window`: what a stream may send us before we read (we never give more by ourselves).
    `asked` counts PINGs that came; `settings` are the peer's. `preface`: what
    is said first instead of it."""

    def __init__(self, port, tls=False, window=1 << 20, answers_pings=True, preface=PREFACE):
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)
        if tls:
            context = ssl.create_default_context()
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            context.set_alpn_protocols(["h2"])
            self.socket = context.wrap_socket(self.socket)
        self.encoder, self.decoder = hpack.Encoder(), hpack.Decoder()
        self.answers = {}
        self.goaways, self.pongs, self.buffer = [], 0, b""
        self.asked, self.answers_pings, self.settings = 0, answers_pings, {}
        self.is_closed = False
        self._next = 1
        settings = frames.SettingsFrame(0, settings={frames.SettingsFrame.INITIAL_WINDOW_SIZE: window})
        self.send_bytes(preface)
        self.send(settings, frames.WindowUpdateFrame(0, window_increment=1 << 30))

    def send_bytes(self, data):
        self.socket.sendall(data)

    def send(self, *parts):
        self.send_bytes(b"".join(part.serialize() for part in parts))

    def request(self, method="GET", path="/", fields=(), body=None, ends=True, pseudo=None, pieces=1, pause=0):
        """Sends a request; the stream's number. `body` None: none. `ends` False: more will follow. `pieces`: the head in
        that many frames, `pause` seconds before the last."""
        stream, self._next = self._next, self._next + 2
        if pseudo is None:
            pseudo = [(":method", method), (":scheme", "http"), (":authority", "test"), (":path", path)]
        block = self.encoder.encode([*pseudo, *fields], huffman=False)
        size = max(1, min(16384, -(-len(block) // pieces)))
        parts = [block[at:at + size] for at in range(0, len(block), size)]
        head = [frames.HeadersFrame(stream, data=parts[0]), *(frames.ContinuationFrame(stream, data=part) for part in parts[1:])]
        head[-1].flags.add("END_HEADERS")
        if body is None and ends:
            head[0].flags.add("END_STREAM")
        self.answers[stream] = Answer()
        if pause:
            self.send(*head[:-1])
            time.sleep(pause)
            head = head[-1:]
        self.send(*head)
        if body is not None:
            self.data(stream, body, ends)
        return stream

    def skip_to(self, stream):
        """The next request has this number: others were used past request()."""
        self._next = stream

    def data(self, stream, body=b"", ends=False):
        for at in range(0, len(body) or 1, 16384):
            part = frames.DataFrame(stream, data=body[at:at + 16384])
            if ends and at + 16384 >= len(body):
                part.flags.add("END_STREAM")
            self.send(part)

    def trailers(self, stream, fields):
        block = self.encoder.encode(fields)
        self.send(frames.HeadersFrame(stream, data=block, flags=["END_HEADERS", "END_STREAM"]))

    def reset(self, stream, code=CANCEL):
        self.send(frames.RstStreamFrame(stream, error_code=code))

    def give(self, stream, count):
        self.send(frames.WindowUpdateFrame(stream, window_increment=count))

    def overflow(self, stream):
        """Opens a stream's window further than there are numbers: it is reset."""
        self.send(*[frames.WindowUpdateFrame(stream, window_increment=1 << 30)] * 2)

    def read(self):
        """The next frame, which is taken into account; None when the connection is closed."""
        while len(self.buffer) < 9 or len(self.buffer) < 9 + int.from_bytes(self.buffer[:3], "big"):
            try:
                more = self.socket.recv(65536)
            except (ConnectionError, ssl.SSLError):
                more = b""
            if not more:
                self.is_closed = True
                return None
            self.buffer += more
        frame, size = frames.Frame.parse_frame_header(memoryview(self.buffer[:9]))
        frame.parse_body(memoryview(self.buffer[9:9 + size]))
        self.buffer = self.buffer[9 + size:]
        try:
            self._take(frame)
        except OSError:
            pass  # nobody reads our answer: the next read tells of the end
        return frame

    def _take(self, frame):
        answer = self.answers.setdefault(frame.stream_id, Answer()) if frame.stream_id else None
        if isinstance(frame, frames.HeadersFrame):
            fields = [(str(name), str(value)) for name, value in self.decoder.decode(frame.data)]
            status = int(dict(fields).get(":status", 0))
            if answer.status is not None:
                answer.trailers = fields
            elif status < 200:
                answer.interim.append(status)
            else:
                answer.status, answer.fields = status, fields
        elif isinstance(frame, frames.DataFrame):
            answer.body += frame.data
        elif isinstance(frame, frames.RstStreamFrame):
            answer.reset = frame.error_code
        elif isinstance(frame, frames.GoAwayFrame):
            self.goaways.append((frame.last_stream_id, frame.error_code))
        elif isinstance(frame, frames.PingFrame):
            if "ACK" in frame.flags:
                self.pongs += 1
            else:
                self.asked += 1
                if self.answers_pings:
                    self.send(frames.PingFrame(0, opaque_data=frame.opaque_data, flags=["ACK"]))
        elif isinstance(frame, frames.SettingsFrame) and "ACK" not in frame.flags:
            self.settings.update(frame.settings)
            self.send(frames.SettingsFrame(0, flags=["ACK"]))
        if answer and "END_STREAM" in frame.flags:
            answer.ended = True

    def until(self, condition):
        """Reads until `condition()`, or until the connection closes; what the condition says then."""
        while not condition() and self.read() is not None:
            pass
        return condition()

    def read_what_is_there(self):
        """So that a peer which is told much can answer."""
        while select.select([self.socket], [], [], 0)[0] and self.read() is not None:
            pass

    def answer(self, stream):
        """The complete answer on `stream`."""
        found = self.answers[stream]
        self.until(lambda: found.is_over)
        return found

    def get(self, path="/", fields=()):
        return self.answer(self.request("GET", path, fields))

    def ping(self):
        """Sends a PING and reads until its answer: what was sent before is dealt with."""
        before = self.pongs
        self.send(frames.PingFrame(0, opaque_data=b"12345678"))
        return self.until(lambda: self.pongs > before)

    def close(self):
        self.socket.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()
