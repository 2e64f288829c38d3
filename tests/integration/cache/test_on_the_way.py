"""What comes with an answer that is fetched: interim answers before it, trailers behind it, and how its connection ends."""
import pathlib
import socket
import ssl
import tempfile
import threading

from support.cache.origin import Origin
from support.case import Case
from support.certificates import self_signed
from support.metrics import Metrics
from support.ports import free_port
from support.raw import Reader
from support.wait import until

CONFIG = """
version: 1
listeners: [{address: "@listen@", filters: [{cache: {}}], upstream: app}]
upstreams: {app: {endpoints: ["@app@"], filters: [], MORE}}
status: {address: "@listen_status@"}
"""
HINTED = (b"HTTP/1.1 103 Early Hints\r\nLink: </a.css>; rel=preload\r\nConnection: X-Hop\r\nX-Hop: 1\r\n\r\n"
          b"HTTP/1.1 200 OK\r\nCache-Control: max-age=1000\r\nContent-Length: 2\r\n\r\nok")
REQUEST = "GET /x HTTP/1.1\r\nHost: test\r\n\r\n"


class OnTheWay(Case):
    def setUp(self):
        self.origin = self.start(Origin())

    def served(self, **options):
        return self.proxy(CONFIG.replace(", MORE", ""), app=self.origin.address, **options)

    def test_interim_answers_go_to_the_client_whose_request_was_sent_and_to_nobody_else(self):
        proxy = self.served(workers=2)
        go = threading.Event()
        self.addCleanup(go.set)
        self.origin.script("/x", {"raw": HINTED, "wait": go})
        leader = self.client(proxy).send(REQUEST)
        until(lambda: self.origin.count("/x") == 1, "the fetch")
        others = [self.client(proxy) for _ in range(8)]
        for client in others:
            client.send(REQUEST)
        until(lambda: Metrics(proxy.address("listen_status")).value("outrigger_requests_in_flight") >= 9, "all in flight")
        go.set()
        hint = leader.response(interim=True)
        self.assertEqual((hint.status, hint.get("Link"), hint.get("X-Hop")), (103, "</a.css>; rel=preload", None))
        for client in [leader, *others]:
            got = client.response(interim=True)
            self.assertEqual((got.status, got.get("Link"), self.origin.count("/x")), (200, None, 1))
        later = self.client(proxy).send(REQUEST).response(interim=True)
        self.assertEqual((later.status, later.body, later.get("Link")), (200, b"ok", None), "an interim answer is not stored")

    def test_a_client_of_http_1_0_gets_none(self):
        proxy = self.served()
        self.origin.script("/x", {"raw": HINTED})
        got = self.client(proxy).send("GET /x HTTP/1.0\r\nHost: test\r\n\r\n").response(interim=True)
        self.assertEqual(got.status, 200)


class _TlsService:
    """Answers without a length over TLS; `is_proper`: says close_notify before it closes."""

    def __init__(self, certificate, key):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.is_proper = True
        self.asked = 0
        self.port = free_port()
        self._listener = socket.create_server(("127.0.0.1", self.port))
        threading.Thread(target=self._serve, daemon=True).start()

    @property
    def address(self):
        return f"localhost:{self.port}"

    def _serve(self):
        while True:
            try:
                plain, _ = self._listener.accept()
            except OSError:
                return
            try:
                connection = self.context.wrap_socket(plain, server_side=True)
                Reader(connection).until(b"\r\n\r\n")
                self.asked += 1
                connection.sendall(b"HTTP/1.1 200 OK\r\nCache-Control: max-age=1000\r\n\r\nall of it")
                if self.is_proper:
                    connection.unwrap()
                    connection.close()
                else:
                    socket.socket(fileno=connection.detach()).close()
            except (OSError, EOFError):
                pass

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._listener.close()


class EndOfTls(Case):
    def test_only_close_notify_makes_it_complete(self):
        directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        certificate, key = self_signed(directory)
        service = self.start(_TlsService(certificate, key))
        proxy = self.proxy(CONFIG.replace("MORE", 'tls: {ca: "@ca@", server_name: localhost}'), app=service.address, ca=certificate)

        def get(path):
            try:
                got = self.client(proxy).get(path)
                return got.status, got.get("Cache-Status")
            except (EOFError, ConnectionError):
                return "cut", None
        self.assertEqual(get("/proper")[0], 200)
        self.assertRegex(get("/proper")[1], "outrigger; hit")
        service.is_proper = False
        before = service.asked
        for _ in range(2):
            self.assertEqual(get("/torn")[0], "cut")
        self.assertEqual(service.asked - before, 2, "what was cut is not stored")
