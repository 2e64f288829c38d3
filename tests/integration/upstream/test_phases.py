"""Services and clients that fail in every phase of an exchange: what the other side sees, and that nothing is left behind."""
import socket
import threading

from support import raw
from support.case import Case
from support.metrics import Metrics
from support.wait import until

CONFIG = """
version: 1
listeners:
  - address: "@listen@"
    timeouts: {request: 5s, backend_request: 300ms, body_idle: 300ms, request_head: 1s}
    routes: [{match: {path: {exact: /up}}, respond: {body: up}}, {upstream: app}]
upstreams: {app: {endpoints: ["@app@"], filters: [], timeouts: {idle: 100ms}}}
status: {address: "@status@"}
"""
GET = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
UPLOAD = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 24000000\r\n\r\n"
LENGTH = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
CHUNKED = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
ENDS = {"close": raw.close, "reset": raw.reset, "hang": raw.hang}
CUT = "cut"


class PhasesCase(Case):
    def serve(self, *scripts, loop=False):
        self.service = self.start(raw.Peer(*scripts, loop=loop))
        self.served = self.proxy(CONFIG, self.service, wait_for=("listen", "status"))
        with raw.Client(self.served.port()) as client:
            client.get("/up")
        counts = []

        def is_steady():  # the probes for its start may still be open
            counts.append(self.served.open_files())
            return not self.live() and len(counts) >= 5 and len(set(counts[-5:])) == 1
        until(is_steady, "the worker to be idle")
        self.files = counts[-1]

    def live(self):
        """Every live count that is not zero."""
        now = Metrics(self.served.address("status"))
        counts = {name: now.value(f"outrigger_{name}") for name in (
            "upstream_requests_in_flight", "upstream_requests_queued", "upstream_connections_open", "upstream_connections_idle",
            "requests_in_flight", "connections_open")}
        return {name: value for name, value in counts.items() if value}

    def leaves_nothing(self):
        """Descriptors and live counts are as they were at the start."""
        left = None

        def nothing():
            nonlocal left
            left = self.live(), self.served.open_files() - self.files
            return not left[0] and left[1] <= 0
        try:
            until(nothing, "nothing to be left", 10)
        except AssertionError as error:
            raise AssertionError(f"{error}: {left}") from None

    def outcome(self, request, method="GET"):
        """The status that a new client gets, or "cut"; a body that is shorter than it says or not the expected one fails."""
        with raw.Client(self.served.port()) as client:
            try:
                try:
                    client.send(request)
                    if request is UPLOAD:
                        client.send(b"u" * 24000000)
                except OSError:
                    pass  # refused early; the answer may be there
                response = client.response(method)
            except (EOFError, ConnectionError, ValueError):
                return CUT
            if response.status == 200:
                self.assertIn(response.body, (b"ok", b"0123456789", b"abcde"))
            return response.status


class Services(PhasesCase):
    def fails_with(self, expected, *steps, request=GET):
        for name, end in ENDS.items():
            with self.subTest(end=name):
                self.serve([*steps, end()], [raw.request(), raw.answer(), raw.read_to_end()])
                wanted = expected[name] if isinstance(expected, dict) else expected
                self.assertIn(self.outcome(request), wanted if isinstance(wanted, set) else {wanted})
                self.assertEqual(200, self.outcome(GET))
                self.leaves_nothing()

    HEAD = {"close": 502, "reset": 502, "hang": 504}

    def test_before_the_request_is_read(self):
        self.fails_with(self.HEAD)

    def test_in_the_middle_of_an_upload(self):
        self.fails_with(self.HEAD, raw.head(), request=UPLOAD)

    def test_before_the_head(self):
        self.fails_with(self.HEAD, raw.request())

    def test_in_the_head(self):
        self.fails_with(self.HEAD, raw.request(), raw.send("HTTP/1.1 200 OK\r\nContent-Le"))

    def test_after_an_interim_head(self):
        self.fails_with(self.HEAD, raw.request(), raw.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n"))

    def test_between_head_and_content(self):
        self.fails_with({"close": {502, CUT}, "reset": {502, CUT}, "hang": CUT}, raw.request(), raw.send(LENGTH))

    def test_in_the_content(self):
        for sent in (LENGTH + "01234", CHUNKED + "5\r\nab", CHUNKED + "5\r\nabcde\r\n", CHUNKED + "5\r\nabcde\r\n0\r\n",
                     CHUNKED + "5\r\nabcde\r\n5"):
            with self.subTest(sent):
                self.fails_with({"close": CUT, "reset": {502, CUT}, "hang": CUT}, raw.request(), raw.send(sent))

    def test_garbage(self):
        for name, sent, expected in (
                ("in place of a head", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 502),
                ("in the head", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\n: nothing\r\n\r\na", 502),
                ("in place of a chunk", CHUNKED + "hello\r\n", {502, CUT}),
                ("behind a chunk", CHUNKED + "5\r\nabcdeXX\r\n0\r\n\r\n", CUT),
                ("in the trailers", CHUNKED + "5\r\nabcde\r\n0\r\nno colon\r\n\r\n", CUT)):
            with self.subTest(name):
                self.serve([raw.request(), raw.send(sent), raw.hang()], [raw.request(), raw.answer(), raw.read_to_end()])
                expected = expected if isinstance(expected, set) else {expected}
                self.assertIn(self.outcome(GET), expected)
                self.assertEqual(200, self.outcome(GET))
                self.leaves_nothing()

    def test_bytes_behind_a_complete_response_answer_nobody(self):
        evil = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
        for name, sent in (("length", LENGTH + "0123456789"), ("chunked", CHUNKED + "5\r\nabcde\r\n0\r\n\r\n"),
                           ("no content", "HTTP/1.1 304 Not Modified\r\n\r\n")):
            with self.subTest(name):
                self.serve([raw.request(), raw.send(sent + evil), raw.hang()], [raw.request(), raw.answer(), raw.read_to_end()])
                self.assertIn(self.outcome(GET), (200, 304))
                self.assertEqual(200, self.outcome(GET))
                self.leaves_nothing()

    def test_a_service_that_answers_before_it_has_read_an_upload(self):
        over = threading.Event()
        self.addCleanup(over.set)
        # "hang" reads no further: a service that took the whole upload after all has earned its next request.
        for name, end in {**ENDS, "hang": lambda: raw.wait(over)}.items():
            with self.subTest(end=name):
                self.serve([raw.head(), raw.answer(), end()], [raw.request(), raw.answer(), raw.read_to_end()])
                self.assertIn(self.outcome(UPLOAD), {200} if name != "reset" else {200, 502})
                self.assertEqual(200, self.outcome(GET))
                self.leaves_nothing()


class Clients(PhasesCase):
    def leaves(self, steps, *sent, wait_for=None, read=0):
        for name in ("close", "reset", "half_close"):
            with self.subTest(end=name):
                self.serve([*steps, raw.read_to_end()], [raw.request(), raw.answer(), raw.read_to_end()])
                client = raw.Client(self.served.port())
                for part in sent:
                    client.send(part)
                if wait_for:
                    until(lambda: wait_for(self.service), "the service to see the request")
                if read:
                    client.reader.exactly(read)
                {"close": client.close, "reset": client.reset, "half_close": client.shutdown}[name]()
                if wait_for and name != "half_close":
                    until(lambda: self.service.open == 0, "the proxy to leave the service")
                self.assertEqual(200, self.outcome(GET)) if self.service.connections else None
                client.close()
                self.leaves_nothing()

    def test_before_a_byte(self):
        self.leaves([raw.request(), raw.answer()])

    def test_in_the_head(self):
        self.leaves([raw.request(), raw.answer()], "GET / HTTP/1.1\r\nHo")

    def test_in_the_upload(self):
        self.leaves([raw.head()], UPLOAD, b"u" * 1000, wait_for=lambda service: service.requests)

    def test_while_it_waits_for_the_head(self):
        self.leaves([raw.request()], GET, wait_for=lambda service: service.requests)

    def test_in_the_answer(self):
        self.leaves([raw.request(), raw.send(LENGTH + "012")], GET, wait_for=lambda service: service.requests, read=30)

    def test_in_a_large_answer_that_it_does_not_read(self):
        for name in ("close", "reset"):
            with self.subTest(end=name):
                self.serve([raw.request(), raw.answer(b"x" * (32 << 20)), raw.read_to_end()],
                           [raw.request(), raw.answer(), raw.read_to_end()])
                client = raw.Client(self.served.port(), receive_buffer=4096)
                client.send(GET)
                client.reader.exactly(1000)
                getattr(client, name)()
                until(lambda: self.service.open == 0, "the proxy to leave the service")
                self.assertEqual(200, self.outcome(GET))
                self.leaves_nothing()

    def test_a_client_that_stops_reading_is_left_after_body_idle(self):
        self.serve([raw.request(), raw.answer(b"x" * (32 << 20)), raw.read_to_end()])
        with raw.Client(self.served.port(), receive_buffer=4096) as client:
            client.send(GET)
            until(lambda: self.service.requests and self.service.open == 0, "the proxy to give up")
            self.assertIsInstance(client.socket, socket.socket)
        self.leaves_nothing()
