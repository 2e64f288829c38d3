"""WebSockets that clients ask for in HTTP/1, towards services that speak HTTP/2: an extended CONNECT (RFC 8441), a connection of
HTTP/1 where the service has the choice, or a refusal that says why."""
import socket
import ssl
import tempfile
import threading

from support import raw
from support.certificates import self_signed
from support.http2_service import Http2Service
from support.http2_upstream import Upstream, config
from support.wait import PATIENCE, until

KEY, PROOF = "dGhlIHNhbXBsZSBub25jZQ==", "s3pPLMBiTxaQ9kYGzzhZRbK+xOo="  # RFC 6455 section 1.3
ASK = ("GET /chat?room=1 HTTP/1.1\r\nHost: test\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\n"
       f"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Protocol: chat\r\nSec-WebSocket-Key: {KEY}\r\nCookie: a=b\r\n\r\n")
TAKES = {"ENABLE_CONNECT_PROTOCOL": 1}


def echo(talk, request):
    """Agrees, then sends back what comes until the client ends, then ends."""
    talk.head(request, 200, [("sec-websocket-protocol", "chat"), ("x-more", "1")])
    sent = 0
    while not (request.is_complete and sent == len(request.body)) and request.reset is None:
        until(lambda: len(request.body) > sent or request.is_complete or request.reset is not None, "more")
        part = request.body[sent:]
        if part:
            talk.data(request, part)
        sent += len(part)
    if request.reset is None:
        talk.data(request, b"", ends=True)


class WebSockets(Upstream):
    def connect(self, on_head=echo, text=None, settings=TAKES, **options):
        self.service = self.start(Http2Service(on_request=None, on_head=on_head, settings=settings))
        self.serve(self.service, text, **options)
        return self.ask()

    def ask(self, ask=ASK):
        client = self.client(self.served)
        client.send(ask)
        return client

    def test_the_service_is_asked_by_connect_and_bytes_flow(self):
        client = self.connect()
        head = client.head()
        self.assertEqual("HTTP/1.1 101 Switching Protocols", head.start)
        self.assertEqual(("Upgrade", "websocket", PROOF, "chat", "1"),
                         tuple(head.get(name) for name in ("Connection", "Upgrade", "Sec-WebSocket-Accept", "Sec-WebSocket-Protocol", "X-More")))
        self.assertEqual([None, None], [head.get(name) for name in ("Transfer-Encoding", "Content-Length")])
        request = self.service.requests[0]
        self.assertEqual([("CONNECT", "websocket", "http", "/chat?room=1", "test", "13", "chat", "a=b")],
                         [tuple(request.get(name) for name in (":method", ":protocol", ":scheme", ":path", ":authority",
                                                               "sec-websocket-version", "sec-websocket-protocol", "cookie"))])
        self.assertEqual([None] * 3, [request.get(name) for name in ("sec-websocket-key", "upgrade", "connection")])
        for size in (1, 300_000, 3):
            client.send(b"x" * size)
            self.assertEqual(b"x" * size, client.reader.exactly(size))
        client.shutdown()
        self.assertEqual(b"", client.reader.rest())
        line = self.served.log()[0]
        self.assertEqual((101, 300_004, 300_004, None), tuple(line.get(key) for key in ("status", "request_bytes", "response_bytes", "failure")))
        until(lambda: self.value("requests_in_flight") == 0, "the slot to be free")

    def test_many_share_a_connection_with_other_requests(self):
        first = self.connect()
        first.head()
        clients = [self.ask() for _ in range(5)]
        for client in clients:
            client.head()
            client.send("hello")
            self.assertEqual(b"hello", client.reader.exactly(5))
        first.send("still here")
        self.assertEqual(b"still here", first.reader.exactly(10))
        self.assertEqual(1, len(self.service.talks))

    def test_bytes_that_come_with_the_handshake(self):
        def early(talk, request):
            talk.head(request)
            talk.data(request, b"first")
            until(lambda: request.body == b"early", "the client's")
            talk.data(request, b"", ends=True)
        self.connect(early)
        client = self.ask(ASK + "early")
        client.head()
        self.assertEqual(b"first", client.reader.rest())

    def test_another_answer_is_an_answer(self):
        client = self.connect(lambda talk, request: talk.respond(request, 403, [("x-why", "no")], b"go away"))
        answer = client.response()
        self.assertEqual((403, "no", b"go away"), (answer.status, answer.get("X-Why"), answer.body))
        self.assertEqual(403, self.ask().response().status)

    def test_a_service_that_offers_none_is_a_refusal_with_its_reason(self):
        client = self.connect(lambda talk, request: talk.respond(request), settings={})
        answer = client.response()
        self.assertEqual(502, answer.status)
        self.assertIn("error=http_upgrade_failed", answer.get("Proxy-Status"))
        line = self.served.log()[0]
        self.assertEqual("upgrade_failed", line["failure"])
        self.assertIn("does not take WebSockets over it", line["why"])
        self.assertEqual([], self.service.requests)
        self.assertEqual(200, self.client(self.served).get().status)  # and all else goes on

    def test_a_service_that_never_says_what_it_takes(self):
        silent = self.start(raw.Peer([raw.read_to_end()]))
        self.serve(silent, config(times="backend_request: 300ms"))
        self.assertEqual(504, self.ask().response().status)

    def test_a_handshake_without_a_good_key_goes_nowhere(self):
        self.connect().head()
        for ask in (ASK.replace(f"Sec-WebSocket-Key: {KEY}\r\n", ""), ASK.replace(KEY, "short"),
                    ASK.replace("Cookie: a=b", f"Sec-WebSocket-Key: {KEY}")):
            with self.subTest(ask):
                self.assertEqual(400, self.ask(ask).response().status)
        self.assertEqual(1, len(self.service.requests))

    def test_other_protocols_are_not_asked_for(self):
        service = self.start(Http2Service(settings=TAKES))
        self.serve(service)
        self.assertEqual(200, self.ask(ASK.replace("Upgrade: websocket", "Upgrade: other")).response().status)
        self.assertEqual(["GET"], [request.get(":method") for request in service.requests])

    def test_a_client_that_breaks_off_is_a_reset_for_the_service(self):
        client = self.connect()
        client.head()
        client.send("x").reader.exactly(1)
        client.reset()
        until(lambda: self.service.requests[0].reset is not None, "the service to hear of it")
        self.assertFalse(self.service.requests[0].is_complete)
        self.assertEqual("client_gone", self.served.log()[0]["failure"])

    def test_a_service_that_breaks_off_is_a_reset_for_the_client(self):
        def half(talk, request):
            talk.head(request)
            talk.data(request, b"half")
            talk.reset(request, 2)
        client = self.connect(half)
        client.head()
        with self.assertRaises((ConnectionError, EOFError)):
            client.reader.exactly(5)
        self.assertEqual("response_truncated", self.served.log()[0]["failure"])

    def test_silence_ends_it(self):
        client = self.connect(text=config(times="tunnel_idle: 300ms"))
        client.head()
        self.assertTrue(client.is_closed())
        self.assertEqual("tunnel_idle", self.served.log()[0]["failure"])

    def test_one_that_talks_in_one_direction_is_not_silent(self):
        client = self.connect(text=config(times="tunnel_idle: 1500ms, body_idle: 500ms"))
        client.head()
        stop = threading.Event()
        for _ in range(10):
            client.send("x")
            stop.wait(0.25)
        self.assertEqual(b"x" * 10, client.reader.exactly(10))

    def test_a_side_that_does_not_read_holds_the_other_back(self):
        size = 8 << 20
        self.service = self.start(Http2Service(on_request=None, on_head=lambda talk, request: talk.head(request), settings=TAKES, reads=False))
        self.serve(self.service)
        client = self.ask()
        client.head()
        before = self.served.resident_bytes()
        def send():
            try:
                client.send(b"x" * size)
            except OSError:
                pass  # at the end
        sender = threading.Thread(target=send, daemon=True)
        sender.start()
        sender.join(0.5)
        self.assertTrue(sender.is_alive())
        self.assertLess(self.served.resident_bytes() - before, 2 << 20)
        client.socket.shutdown(socket.SHUT_RDWR)  # wakes the sender
        sender.join(PATIENCE)
        client.reset()  # or the tunnel would wait for the service

    def test_where_the_service_has_the_choice_it_is_http_1(self):
        with tempfile.TemporaryDirectory() as directory:
            cert, key = self_signed(directory)
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(cert, key)
            context.set_alpn_protocols(["h2", "http/1.1"])
            chosen = []

            def serve(talk):
                with context.wrap_socket(talk.socket, server_side=True) as tls:
                    chosen.append(tls.selected_alpn_protocol())
                    talk.reader = raw.Reader(tls)
                    talk.read_head()
                    tls.sendall(f"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: {PROOF}\r\n\r\n".encode())
                    while more := tls.recv(65536):
                        tls.sendall(more)
            self.serve(self.start(raw.Peer([serve])), config(more=f"tls: {{ca: {cert}, server_name: localhost}}").replace("http2", "auto"))
            client = self.ask()
            self.assertEqual(101, client.head().status)
            client.send("hello")
            self.assertEqual(b"hello", client.reader.exactly(5))
            self.assertEqual(["http/1.1"], chosen)
