"""What the client sees when the service fails."""
import socket
import threading
import time

from support import raw
from support.case import BARE, LOGGED, PLAIN, Case
from support.curl import curl
from support.namespaces import one_port
from support.ports import free_port
from support.wait import PATIENCE, until

HASTY = """
version: 1
listeners: [{address: "@listen@", timeouts: {request: 5s, backend_request: 300ms, body_idle: 400ms}, upstream: app}]
upstreams: {app: {endpoints: ["@app@"], filters: []}}
"""
GET = raw.request()


class Failures(Case):
    def answer_of(self, *steps, config=BARE):
        service = self.start(raw.Peer([GET, *steps]))
        return self.client(self.proxy(config, service)).get()

    def test_a_refused_connection_is_502(self):
        for config in (BARE, PLAIN):
            response = self.client(self.proxy(config, app=f"127.0.0.1:{free_port()}")).get()
            self.assertEqual(502, response.status)
            self.assertIn("connection_refused", response.get("Proxy-Status"))

    def test_a_service_that_is_down_on_a_port_that_we_may_get_ourselves_is_refused_too(self):
        proxy = self.proxy(LOGGED.replace("@listen@", "unix:@dir@/socket"), space=one_port(self), wait_for=(),
                           app="127.0.0.1:40000")
        socket = proxy.dir / "socket"
        until(socket.exists, "the listener")
        answer = curl("http://app/", "--unix-socket", socket)
        self.assertEqual((502, "the endpoint refused the connection: 127.0.0.1:40000: Connection refused"),
                         (answer.status, proxy.log()[0]["why"]))

    def test_a_reset_before_the_head_is_502(self):
        response = self.answer_of(raw.reset())
        self.assertEqual(502, response.status)
        self.assertIn("connection_terminated", response.get("Proxy-Status"))

    def test_a_close_before_the_head_is_502(self):
        for sent in ("", "HTTP/1.1 200 OK\r\nContent-Le"):
            with self.subTest(sent):
                self.assertEqual(502, self.answer_of(raw.send(sent), raw.close()).status)

    def test_garbage_is_502(self):
        for name, sent in (("no HTTP", "220 smtp.example ESMTP\r\n\r\n"), ("no status", "HTTP/1.1\r\n\r\n"),
                           ("a bad status", "HTTP/1.1 20 OK\r\n\r\n"),
                           ("two lengths", "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"),
                           ("length and chunked",
                            "HTTP/1.1 200 OK\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"),
                           ("a NUL", "HTTP/1.1 200 OK\r\nX: a\0b\r\nContent-Length: 0\r\n\r\n"),
                           ("an endless head", "HTTP/1.1 200 OK\r\n" + "X: aaaaaaaaaaaaaaaaaaaaaaaaaa\r\n" * 50000)):
            with self.subTest(name):
                self.assertEqual(502, self.answer_of(raw.send(sent), raw.read_to_end()).status)

    def test_a_service_that_hangs_is_504(self):
        begin = time.monotonic()
        response = self.answer_of(raw.hang(), config=HASTY)
        self.assertEqual(504, response.status)
        self.assertIn("http_response_timeout", response.get("Proxy-Status"))
        self.assertLess(time.monotonic() - begin, 4)

    def test_a_truncated_body_cuts_the_clients_connection(self):
        for name, sent in (("length", "Content-Length: 100\r\n\r\nonly this"),
                           ("chunked", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n")):
            for end in (raw.close, raw.reset):
                with self.subTest(f"{name}, {end.__name__}"):
                    with self.assertRaises((EOFError, ConnectionError)):
                        self.answer_of(raw.send("HTTP/1.1 200 OK\r\n" + sent), end())

    def test_a_bad_chunk_of_the_service_cuts_the_clients_connection(self):
        with self.assertRaises((EOFError, ConnectionError, ValueError)):
            self.answer_of(raw.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\nzz\r\n"), raw.read_to_end())

    def test_a_body_that_stops_cuts_the_clients_connection(self):
        with self.assertRaises((EOFError, ConnectionError)):
            self.answer_of(raw.send("HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nonly this"), raw.hang(), config=HASTY)

    def test_a_client_that_leaves_ends_the_request_to_the_service(self):
        service = self.start(raw.Peer([GET, raw.read_to_end()]))
        proxy = self.proxy(BARE, service)
        client = raw.Client(proxy.port()).send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        until(lambda: service.requests, "the request to arrive")
        client.close()
        until(lambda: service.leftovers, "the proxy to close its connection")


class Limits(Case):
    CONFIG = """
version: 1
listeners: [{address: "@listen@", upstream: app}]
upstreams: {app: {endpoints: ["@app@"], filters: [], limits: {in_flight: 1, queue: @queue@, queue_timeout: 300ms}}}
"""

    def busy(self, queue):
        self.done = threading.Event()
        service = self.start(raw.Peer([GET, raw.wait(self.done), raw.answer(), GET, raw.answer(), raw.read_to_end()]))
        proxy = self.proxy(self.CONFIG, service, queue=queue)
        first = self.client(proxy).send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        until(lambda: service.requests, "the first request to arrive")
        return proxy, first

    def test_a_full_queue_is_503_with_retry_after(self):
        proxy, first = self.busy(queue=0)
        response = self.client(proxy).get()
        self.assertEqual(503, response.status)
        self.assertTrue(int(response.get("Retry-After")) >= 1)
        self.done.set()
        self.assertEqual(200, first.response().status)

    def test_waiting_too_long_in_the_queue_is_503(self):
        proxy, first = self.busy(queue=5)
        self.assertEqual(503, self.client(proxy).get().status)
        self.done.set()
        self.assertEqual(200, first.response().status)

    def test_a_slot_that_becomes_free_serves_the_queue(self):
        proxy, first = self.busy(queue=5)
        second = self.client(proxy).send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        self.done.set()
        self.assertEqual([200, 200], [first.response().status, second.response().status])


class Balancing(Case):
    def test_every_policy_uses_every_endpoint(self):
        for policy in ("least_request", "round_robin", "random"):
            with self.subTest(policy):
                services = [self.start(raw.Peer.answering()) for _ in range(3)]
                proxy = self.proxy("""
version: 1
listeners: [{address: "@listen@", upstream: app}]
upstreams: {app: {endpoints: ["@a@", "@b@", "@c@"], load_balancing: {policy: @policy@}}}
""", policy=policy, **{name: service.address for name, service in zip("abc", services)})
                client = self.client(proxy)
                for _ in range(60):
                    self.assertEqual(200, client.get().status)
                self.assertTrue(all(len(service.requests) >= 5 for service in services))

    def test_a_dead_endpoint_costs_no_request(self):
        service = self.start(raw.Peer.answering())
        proxy = self.proxy("""
version: 1
listeners: [{address: "@listen@", upstream: app}]
upstreams: {app: {endpoints: ["@dead@", "@app@"]}}
""", service, dead=f"127.0.0.1:{free_port()}")
        client = self.client(proxy)
        self.assertEqual([200] * 20, [client.get().status for _ in range(20)])

    def test_a_dead_endpoint_costs_no_request_of_any_method_and_nothing_of_the_retry_budget(self):
        service = self.start(raw.Peer.answering())
        dead = f"127.0.0.1:{free_port()}"
        proxy = self.proxy("""
version: 1
listeners: [{address: "@listen@", upstream: app}]
upstreams: {app: {endpoints: ["@dead@", "@app@"], load_balancing: round_robin, filters: []}}
""", service, dead=dead)
        client = self.client(proxy)
        post = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na"
        self.assertEqual([200] * 20, [client.request(post).status for _ in range(20)])

    def test_an_endpoint_that_dies_under_a_kept_connection_costs_no_request(self):
        going, staying = OneConnection(), self.start(raw.Peer.answering())
        self.addCleanup(going.socket.close)
        proxy = self.proxy("""
version: 1
listeners: [{address: "@listen@", upstream: app}]
upstreams: {app: {endpoints: ["@going@", "@app@"], load_balancing: round_robin, filters: []}}
""", staying, going=going.address)
        client = self.client(proxy)
        self.assertEqual([200] * 6, [client.get().status for _ in range(6)])
        going.thread.join(PATIENCE)
        self.assertEqual(2, going.requests)  # the second found it gone: a new connection, then another endpoint


class OneConnection:
    """A service that takes one connection, answers its first request, and is gone at the second."""

    def __init__(self):
        self.socket = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.socket.getsockname()[1]}"
        self.requests = 0
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        connection, _ = self.socket.accept()
        self.socket.shutdown(socket.SHUT_RDWR)
        self.socket.close()
        with connection:
            while self.requests < 2 and connection.recv(65536):
                self.requests += 1
                if self.requests == 1:
                    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
