"""Clients that are slow on purpose meet a deadline; those that are slow and honest do not."""
import threading
import time

from support import raw
from support.case import Case
from support.echo_service import pattern
from support.services import Echo

CONFIG = """
version: 1
listeners:
  - address: "@listen@"
    timeouts: {request: 700ms, request_head: 400ms, body_idle: 500ms, keep_alive: 400ms}
    upstream: app
upstreams: {app: {endpoints: ["@app@"], filters: []}}
"""
TIME = 15  # more than any of the limits, less than a hang
GET = "GET / HTTP/1.1\r\nHost: a\r\n"
POST = "POST / HTTP/1.1\r\nHost: a\r\n"


def drip(client, data, stop, pause=0.05):
    """Sends byte by byte until all is sent, the other side closes, or `stop` is set."""
    def run():
        for byte in data:
            if stop.wait(pause):
                return
            try:
                client.send(bytes([byte]))
            except OSError:
                return
    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    return thread


class TimeLimits(Case):
    def setUp(self):
        self.service = self.start(raw.Peer.answering())
        self.proxy_ = self.proxy(CONFIG, self.service)
        self.begin = time.monotonic()
        self.stop = threading.Event()
        self.addCleanup(self.stop.set)

    def slow_client(self, **options):
        return self.client(self.proxy_, timeout=TIME, **options)

    def assert_others_are_served(self):
        self.assertEqual(200, self.client(self.proxy_).get().status)

    def test_a_head_that_trickles_is_408(self):
        client = self.slow_client()
        drip(client, (GET + "X: " + "a" * 2000).encode(), self.stop)
        response = client.response()
        self.assertEqual((408, "close"), (response.status, response.get("Connection")))
        self.assertTrue(client.is_closed())
        self.assert_others_are_served()

    def test_a_head_that_stops_is_408(self):
        client = self.slow_client().send(GET)
        self.assertEqual(408, client.response().status)

    def test_a_second_head_that_stops_is_408(self):
        client = self.slow_client()
        self.assertEqual(200, client.get().status)
        self.assertEqual(408, client.send(GET).response().status)

    def test_a_connection_without_a_request_is_closed_silently(self):
        self.assertTrue(self.slow_client().is_closed())
        client = self.slow_client()
        self.assertEqual(200, client.get().status)
        self.assertTrue(client.is_closed())

    def test_an_empty_line_behind_a_request_begins_none(self):
        client = self.slow_client()
        for _ in range(2):
            self.assertEqual(200, client.send(GET + "\r\n\r\n").response().status)
        self.assertTrue(client.is_closed(), "silently, when it was idle for long enough")

    def test_a_body_that_stops_is_408(self):
        client = self.slow_client().send(POST + "Content-Length: 10\r\n\r\nabc")
        self.assertEqual(408, client.response("POST").status)
        self.assertTrue(client.is_closed())

    def test_a_body_that_trickles_ends_by_the_deadline(self):
        for framing, data in (("Content-Length: 1000000\r\n\r\n", b"a" * 1000),
                              ("Transfer-Encoding: chunked\r\n\r\n", b"1\r\na\r\n" * 200)):
            with self.subTest(framing):
                client = self.slow_client().send(POST + framing)
                drip(client, data, self.stop)
                self.assertEqual(408, client.response("POST").status)
                self.assertTrue(client.is_closed())
                self.assert_others_are_served()

    def test_an_honest_upload_may_take_longer_than_the_deadline(self):
        echo = self.start(Echo())
        client = self.client(self.proxy(CONFIG, echo), timeout=TIME)
        body = pattern(200_000)
        client.send(POST + f"Content-Length: {len(body)}\r\n\r\n")
        for at in range(0, len(body), 10_000):
            client.send(body[at:at + 10_000])
            time.sleep(0.1)
        self.assertEqual(200, client.response("POST").status)
        self.assertGreater(time.monotonic() - self.begin, 1.5)

    def test_a_client_that_stops_reading_is_dropped(self):
        echo = self.start(Echo())
        proxy = self.proxy(CONFIG, echo)
        client = self.client(proxy, timeout=TIME, receive_buffer=4096)
        client.send("GET /bytes/100000000 HTTP/1.1\r\nHost: a\r\n\r\n")
        client.head()
        time.sleep(2)
        with self.assertRaises((EOFError, ConnectionError)):
            client.reader.exactly(100_000_000)
        self.assertEqual(200, self.client(proxy).get().status)

    def test_a_client_that_reads_slowly_is_served(self):
        echo = self.start(Echo())
        client = self.client(self.proxy(CONFIG, echo), timeout=TIME, receive_buffer=4096)
        client.send("GET /bytes/30000000 HTTP/1.1\r\nHost: a\r\n\r\n")
        client.head()
        for _ in range(20):
            client.reader.exactly(1_500_000)
            time.sleep(0.1)

    def test_a_client_that_ignores_an_early_answer_still_gets_it(self):
        service = self.start(raw.Peer([raw.head(), raw.answer(b"no", "403 Forbidden", "Connection: close"), raw.read_to_end()]))
        client = self.client(self.proxy(CONFIG, service), timeout=TIME)
        client.send(POST + "Content-Length: 8000000\r\n\r\n")
        client.send(b"a" * 8_000_000)  # all of it, before a look at the answer
        response = client.response("POST")
        self.assertEqual((403, b"no"), (response.status, response.body))
