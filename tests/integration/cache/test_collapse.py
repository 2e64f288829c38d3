"""One fetch however many ask, on whatever worker, and nobody is held up by another client."""
import socket
import threading

from support.cache.origin import Origin
from support.case import Case
from support.metrics import Metrics
from support.wait import until

CONFIG = """
version: 1
listeners:
  - address: "@listen@"
    filters: [{cache: {max_size: 16MiB, max_object: 4MiB}}]
    timeouts: {request: 20s}
    upstream: app
upstreams: {app: {endpoints: ["@app@"], filters: []}}
status: {address: "@listen_status@"}
"""
FRESH = "Cache-Control: max-age=1000"
REQUEST = b"GET /x HTTP/1.1\r\nHost: test\r\n\r\n"


class Collapse(Case):
    def setUp(self):
        self.origin = self.start(Origin())
        self.open = threading.Event()
        self.addCleanup(self.open.set)

    def many(self, proxy, count, path="/x", *fields):
        clients = []
        for number in range(count):
            client = self.client(proxy, timeout=60)
            lines = "".join(f"{field}\r\n" for field in fields)
            client.send(f"GET {path} HTTP/1.1\r\nHost: test\r\nX-N: {number}\r\n{lines}\r\n")
            clients.append(client)
        return clients

    def until_asked(self, proxy, count):
        """All requests are in, wherever they wait."""
        until(lambda: Metrics(proxy.address("listen_status")).value("outrigger_requests_in_flight") >= count,
              "all requests in flight")

    def test_1000_clients_of_one_cold_key_make_one_request(self):
        proxy = self.proxy(CONFIG, workers=2, app=self.origin.address)
        self.origin.script("/x", {"fields": [FRESH], "body": b"b" * 100000, "wait": self.open})
        clients = self.many(proxy, 1000)
        self.until_asked(proxy, 1000)
        self.open.set()
        for client in clients:
            got = client.response()
            self.assertEqual((got.status, len(got.body)), (200, 100000))
        self.assertEqual(self.origin.count("/x"), 1)

    def test_waiters_read_along_before_the_answer_is_complete(self):
        proxy = self.proxy(CONFIG, workers=2, app=self.origin.address)
        half, rest = threading.Event(), threading.Event()
        service = self.start(_Halves(half, rest))
        proxy = self.proxy(CONFIG, workers=2, app=service.address)
        clients = [self.client(proxy).send(REQUEST) for _ in range(8)]
        half.set()
        for client in clients:
            self.assertEqual(client.head().status, 200)
            self.assertEqual(client.reader.exactly(5), b"first")
        rest.set()
        for client in clients:
            self.assertEqual(client.reader.exactly(4), b"last")
        self.assertEqual(service.requests, 1)

    def test_a_client_that_leaves_ends_nothing(self):
        proxy = self.proxy(CONFIG, workers=2, app=self.origin.address)
        self.origin.script("/x", {"fields": [FRESH], "wait": self.open})
        first = self.client(proxy).send(REQUEST)
        until(lambda: self.origin.count("/x") == 1, "the fetch")
        others = [self.client(proxy).send(REQUEST) for _ in range(6)]
        self.until_asked(proxy, 7)
        first.reset()
        others[0].reset()
        self.open.set()
        for client in others[1:]:
            self.assertEqual(client.response().body, b"answer 1")
        self.assertEqual(self.origin.count("/x"), 1)

    def test_a_client_that_does_not_read_holds_up_nobody(self):
        proxy = self.proxy(CONFIG, workers=2, app=self.origin.address)
        self.origin.script("/x", {"fields": [FRESH], "body": b"b" * 3_000_000, "wait": self.open})
        slow = self.client(proxy, receive_buffer=4096).send(REQUEST)
        until(lambda: self.origin.count("/x") == 1, "the fetch")
        others = [self.client(proxy).send(REQUEST) for _ in range(4)]
        self.until_asked(proxy, 5)
        self.open.set()
        for client in others:
            self.assertEqual(len(client.response().body), 3_000_000)
        self.assertEqual(len(slow.response().body), 3_000_000)
        self.assertEqual(self.origin.count("/x"), 1)

    def test_an_answer_for_one_client_does_not_make_the_others_wait_in_line(self):
        proxy = self.proxy(CONFIG, workers=2, app=self.origin.address)
        self.origin.script("/x", {"fields": ["Cache-Control: private"], "wait": self.open},
                           {"fields": ["Cache-Control: private"]})
        clients = self.many(proxy, 20)
        self.until_asked(proxy, 20)
        until(lambda: self.origin.count("/x") >= 1, "the fetch")
        self.assertEqual(self.origin.count("/x"), 1)
        self.open.set()
        bodies = {client.response().body for client in clients}
        self.assertEqual(len(bodies), 20, "nobody got another client's answer")
        gate = threading.Barrier(5, timeout=20)
        self.origin.script("/x", {"fields": ["Cache-Control: private"], "wait": gate})
        for client in self.many(proxy, 5):  # the service answers only when all five are there
            self.assertEqual(client.response().status, 200)

    def test_a_fetch_that_fails_is_handed_to_the_next_once(self):
        proxy = self.proxy(CONFIG, workers=2, app=self.origin.address)
        self.origin.script("/x", {"raw": b"", "wait": self.open}, {"fields": [FRESH]})
        clients = self.many(proxy, 10)
        self.until_asked(proxy, 10)
        self.open.set()
        statuses = sorted(client.response().status for client in clients)
        self.assertEqual(statuses, [200] * 9 + [502])
        self.assertEqual(self.origin.count("/x"), 2)

    def test_a_service_that_fails_again_is_not_asked_by_everybody(self):
        proxy = self.proxy(CONFIG, workers=2, app=self.origin.address)
        self.origin.script("/x", {"raw": b"", "wait": self.open}, {"raw": b""})
        clients = self.many(proxy, 10)
        self.until_asked(proxy, 10)
        self.open.set()
        self.assertEqual([client.response().status for client in clients], [502] * 10)
        self.assertLessEqual(self.origin.count("/x"), 3)

    def test_an_answer_that_breaks_off_is_cut_for_all_and_not_stored(self):
        proxy = self.proxy(CONFIG, workers=2, app=self.origin.address)
        self.origin.script("/x", {"raw": b"HTTP/1.1 200 OK\r\n" + FRESH.encode() + b"\r\nContent-Length: 100\r\n\r\nshort",
                                  "wait": self.open}, {"fields": [FRESH]})
        clients = self.many(proxy, 4)
        self.until_asked(proxy, 4)
        self.open.set()
        for client in clients:
            with self.assertRaises((EOFError, ConnectionError)):
                client.response()
        self.assertEqual(self.client(proxy).get("/x").body, b"answer 2")

    def test_variants_that_are_known_are_fetched_side_by_side(self):
        proxy = self.proxy(CONFIG, workers=2, app=self.origin.address)
        self.origin.script("/x", {"fields": ["Cache-Control: max-age=10", "Age: 20", 'ETag: "a"', "Vary: X-N"]},
                           {"fields": [FRESH, "Vary: X-N"]})
        self.client(proxy).get("/x", "X-N: 0")
        gate = threading.Barrier(4, timeout=20)
        self.origin.scripts["/x"][1]["wait"] = gate
        bodies = {client.response().body for client in self.many(proxy, 4)}
        self.assertEqual(len(bodies), 4)

    def test_an_answer_larger_than_max_object_reaches_all_who_read_it(self):
        proxy = self.proxy(CONFIG, workers=2, app=self.origin.address)
        body = bytes(range(256)) * 20_000
        self.origin.script("/x", {"fields": [FRESH], "body": body, "chunked": True, "wait": self.open})
        clients = self.many(proxy, 4)
        self.until_asked(proxy, 4)
        self.open.set()
        got = []
        threads = [threading.Thread(target=lambda c=client: got.append(c.response().body)) for client in clients]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(60)
        self.assertTrue(all(each == body for each in got), [len(each) for each in got])
        self.assertEqual(len(got), 4)

    def test_an_early_refresh_spares_everybody_the_wait(self):
        proxy = self.proxy(CONFIG.replace("max_size", "early_refresh: 50%, max_size"), app=self.origin.address)
        self.origin.script("/x", {"fields": ["Cache-Control: max-age=10000", "Age: 9900"]}, {"fields": [FRESH]})
        client = self.client(proxy)
        client.get("/x")

        def is_refreshed():
            got = client.get("/x")
            self.assertRegex(got.get("Cache-Status"), "hit", "nobody waits")
            return got.body == b"answer 2"
        # Of 10,000 seconds 100 are left: a request refreshes with a chance of 98 %.
        until(is_refreshed, "a new answer")

    def test_a_write_during_a_fetch_keeps_the_old_answer_out(self):
        proxy = self.proxy(CONFIG, workers=2, app=self.origin.address)
        self.origin.script("/x", {"fields": [FRESH], "wait": self.open}, {"fields": [FRESH]})
        first = self.client(proxy).send(REQUEST)
        until(lambda: self.origin.count("/x") == 1, "the fetch")
        self.client(proxy).request("POST /x HTTP/1.1\r\nHost: test\r\nContent-Length: 0\r\n\r\n")
        self.open.set()
        self.assertEqual(first.response().body, b"answer 1")
        self.assertEqual(self.client(proxy).get("/x").body, b"answer 3")


class _Halves:
    """Answers one request in two parts, each when the test says so."""

    def __init__(self, half, rest):
        self.half, self.rest, self.requests = half, rest, 0
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.socket.getsockname()[1]

    def __enter__(self):
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def _serve(self):
        while True:
            try:
                connection, _ = self.socket.accept()
            except OSError:
                return
            threading.Thread(target=self._answer, args=(connection,), daemon=True).start()

    def _answer(self, connection):
        with connection:
            if not connection.recv(65536):
                return
            self.requests += 1
            self.half.wait(20)
            connection.sendall(b"HTTP/1.1 200 OK\r\nCache-Control: max-age=100\r\nContent-Length: 9\r\n\r\nfirst")
            self.rest.wait(20)
            connection.sendall(b"last")
            connection.recv(1)

    def __exit__(self, *_):
        self.socket.close()
