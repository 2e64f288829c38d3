"""Listeners with protocol tcp: connections passed on as they are."""
import hashlib
import os
import shutil
import signal
import socket
import ssl
import subprocess
import tempfile
import threading
import time

from support import raw
from support.case import Case
from support.certificates import Authority, self_signed
from support.metrics import Metrics
from support.outrigger import SANITIZED, command
from support.services import Service
from support.wait import PATIENCE, until

PLAIN = """
version: 1
listeners:
  - {name: in, address: "@listen@", protocol: tcp, filters: [{access_log: {}}], timeouts: {tunnel_idle: 1m}, upstream: app}
upstreams: {app: {endpoints: ["@app@"], filters: []}}
status: {address: "@status@"}
"""
BY_NAME = """
version: 1
listeners:
  - name: in
    address: "@listen@"
    protocol: tcp
    filters: [{access_log: {}}]
    timeouts: {request_head: 500ms}
    routes:
      - {match: {sni: one.example}, upstream: one}
      - {match: {sni: ["*.two.example", two.example]}, upstream: two}
upstreams: {one: {endpoints: ["@one@"], filters: []}, two: {endpoints: ["@two@"], filters: []}}
status: {address: "@status@"}
"""


def echo(talk):
    """Sends back what comes until the client ends, then ends."""
    while more := (talk.reader.buffer or talk.socket.recv(65536)):
        talk.reader.buffer = b""
        talk.socket.sendall(more)


def context(name=None):
    made = ssl.create_default_context()
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    return made


class TcpCase(Case):
    def proxy(self, config, service=None, **options):
        return super().proxy(config, service, wait_for=("status",), **options)  # no connection but the test's own


class TlsEcho:
    """Sends back what comes over TLS, with a line that says who it is first."""

    def __init__(self, directory, name):
        cert, key = self_signed(directory, name, stem=name)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(cert, key)
        self.name, self.cert = name, cert
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self.listener.getsockname()[1]}"
        threading.Thread(target=self._accept, daemon=True).start()

    def _accept(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self._serve, args=(connection,), daemon=True).start()

    def _serve(self, connection):
        try:
            connection.settimeout(PATIENCE)
            tls = self.context.wrap_socket(connection, server_side=True)
            tls.sendall(self.name.encode() + b"\n")
            while more := tls.recv(65536):
                tls.sendall(more)
            tls.unwrap()
        except OSError:
            pass
        finally:
            connection.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


class Redis(Service):
    def command(self):
        return [shutil.which("redis-server") or "/usr/bin/redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save",
                "", "--appendonly", "no", "--dir", str(self.dir), "--protected-mode", "no"]


class Plain(TcpCase):
    def ends(self, client):
        """What comes until the other side ends; None where it was reset."""
        try:
            return client.reader.rest()
        except ConnectionError:
            return None

    def test_bytes_flow_both_ways_and_the_log_has_a_line_at_the_end(self):
        proxy = self.proxy(PLAIN, self.start(raw.Peer([echo])))
        client = self.client(proxy)
        for size in (1, 70000, 3 << 20):
            data = os.urandom(size)
            sender = threading.Thread(target=client.send, args=(data,))
            sender.start()
            self.assertEqual(hashlib.sha256(data).digest(), hashlib.sha256(client.reader.exactly(size)).digest())
            sender.join()
        self.assertEqual("", proxy.stdout())
        client.shutdown()
        self.assertEqual(b"", client.reader.rest())
        line = proxy.log()[0]
        size = 70001 + (3 << 20)
        self.assertEqual(("CONNECT", 200, size, size, "in", "app", "tcp", None),
                         tuple(line.get(key) for key in ("method", "status", "request_bytes", "response_bytes", "listener",
                                                         "upstream", "scheme", "failure")))
        self.assertIn("duration", line)
        metrics = Metrics(proxy.address("status"))
        self.assertEqual((1, 0), (metrics.value("outrigger_connections_total", listener="in"),
                                  metrics.value("outrigger_requests_in_flight", listener="in")))
        self.assertEqual(size, metrics.value("outrigger_request_bytes_total", listener="in"))

    def test_large_transfers_go_past_memory_and_end_as_ever(self):
        size, got = 24 << 20, []
        def both_ways(talk):
            sender = threading.Thread(target=talk.socket.sendall, args=(b"s" * size,))
            sender.start()
            got.append(len(talk.reader.exactly(size)))
            sender.join()
            got.append(talk.reader.rest())
            talk.socket.sendall(b"bye")
        proxy = self.proxy(PLAIN, self.start(raw.Peer([both_ways])))
        metric = lambda name: Metrics(proxy.address("status")).value(f"outrigger_splice_{name}")
        client = self.client(proxy)
        sender = threading.Thread(target=client.send, args=(b"c" * size,))
        sender.start()
        self.assertEqual(b"s" * size, client.reader.exactly(size))
        sender.join()
        until(lambda: got == [size], "the service to have all")
        self.assertGreater(metric("bytes_total"), size)  # of twice as many
        until(lambda: metric("pipes") == 0, "the tunnel, which rests, to give its pipes back")
        client.send("small").shutdown()
        self.assertEqual(b"bye", client.reader.rest())
        self.assertEqual([size, b"small"], got)
        line = proxy.log()[0]
        self.assertEqual((size + 5, size + 3, None), tuple(line.get(key) for key in ("request_bytes", "response_bytes", "failure")))

    def test_small_messages_stay_in_memory(self):
        proxy = self.proxy(PLAIN, self.start(raw.Peer([echo])))
        client = self.client(proxy)
        for _ in range(100):
            client.send(b"x" * 1000)
            client.reader.exactly(1000)
        self.assertEqual(0, Metrics(proxy.address("status")).value("outrigger_splice_bytes_total"))

    def test_a_tunnel_that_falls_silent_after_a_large_transfer_ends(self):
        service = self.start(raw.Peer([raw.send(b"x" * (4 << 20)), raw.read_to_end()]))
        proxy = self.proxy(PLAIN.replace("tunnel_idle: 1m", "tunnel_idle: 300ms"), service)
        client = self.client(proxy)
        client.reader.exactly(4 << 20)
        self.assertIn(self.ends(client), (b"", None))
        self.assertEqual("tunnel_idle", proxy.log()[0]["failure"])

    def test_a_reset_in_a_large_transfer_is_passed_on_as_one(self):
        service = self.start(raw.Peer([raw.send(b"x" * (4 << 20)), raw.reset()], [raw.read_to_end()]))
        proxy = self.proxy(PLAIN, service)
        self.assertIsNone(self.ends(self.client(proxy)))
        client = self.client(proxy)
        client.send(b"x" * (4 << 20)).reset()
        failures = {line["failure"] for line in proxy.log(2)}
        self.assertLessEqual(failures, {"client_gone", "response_truncated", "upstream_reset"})
        self.assertEqual(2, len(proxy.log(2)))

    def test_a_service_may_speak_first(self):
        proxy = self.proxy(PLAIN, self.start(raw.Peer([raw.send("220 hello\r\n"), echo])))
        for _ in range(3):
            begin = time.monotonic()
            self.assertEqual(b"220 hello\r\n", self.client(proxy).reader.until(b"\n"))
            self.assertLess(time.monotonic() - begin, 0.9)  # a listener that waits for the client's first bytes takes 1 s

    def test_each_side_may_end_its_direction_alone(self):
        got = []
        def answer_after_the_end(talk):
            got.append(talk.reader.rest())
            talk.socket.sendall(b"bye")
        def end_then_listen(talk):
            talk.socket.sendall(b"hello")
            talk.socket.shutdown(socket.SHUT_WR)
            got.append(talk.reader.rest())
        service = self.start(raw.Peer([answer_after_the_end], [end_then_listen]))
        proxy = self.proxy(PLAIN, service)
        client = self.client(proxy)
        client.send("all").shutdown()
        self.assertEqual(b"bye", client.reader.rest())
        client = self.client(proxy)
        self.assertEqual(b"hello", client.reader.rest())
        client.send("still here" * 10000).shutdown()
        until(lambda: len(got) == 2, "what the client said after the service's end")
        self.assertEqual([b"all", b"still here" * 10000], got)
        self.assertEqual([None, None], [line.get("failure") for line in proxy.log(2)])

    def test_a_side_that_does_not_read_holds_the_other_back(self):
        go, size = threading.Event(), 16 << 20
        got = []
        service = self.start(raw.Peer([raw.wait(go), lambda talk: got.append(len(talk.reader.exactly(size))), raw.close()]))
        proxy = self.proxy(PLAIN, service)
        client = self.client(proxy)
        before = proxy.resident_bytes()
        sender = threading.Thread(target=client.send, args=(b"x" * size,), daemon=True)
        sender.start()
        sender.join(0.5)
        self.assertTrue(sender.is_alive())
        self.assertLess(proxy.resident_bytes() - before, (8 if SANITIZED else 2) << 20)  # of 16
        go.set()
        until(lambda: got == [size], "all bytes")

    def test_a_reset_is_passed_on_as_one(self):
        outcomes = []
        def hear(talk):
            try:
                outcomes.append(talk.reader.rest())
            except ConnectionError:
                outcomes.append("reset")
        go = threading.Event()
        service = self.start(raw.Peer([raw.send("x"), hear], [raw.send("half"), raw.wait(go), raw.reset()]))
        proxy = self.proxy(PLAIN, service)
        client = self.client(proxy)
        client.reader.exactly(1)
        client.reset()
        until(lambda: outcomes == ["reset"], "the service to hear of the reset")
        client = self.client(proxy)
        self.assertEqual(b"half", client.reader.exactly(4))
        go.set()
        self.assertIsNone(self.ends(client))
        failures = {line["failure"] for line in proxy.log(2)}
        self.assertEqual({"client_gone", "response_truncated"}, failures)

    def test_a_service_that_is_not_there_is_a_reset_with_its_reason(self):
        proxy = self.proxy(PLAIN.replace('"@app@"', "127.0.0.1:1"))
        self.assertIsNone(self.ends(self.client(proxy)))
        line = proxy.log()[0]
        self.assertEqual("connect_failed", line["failure"])
        self.assertIn("127.0.0.1:1: Connection refused", line["why"])

    def test_another_endpoint_is_tried_and_all_serve(self):
        services = [self.start(raw.Peer([raw.send(str(n)), echo])) for n in range(2)]
        endpoints = ", ".join(['"127.0.0.1:1"', *(f'"{service.address}"' for service in services)])
        proxy = self.proxy(PLAIN.replace('"@app@"], filters: []', endpoints + "], load_balancing: round_robin"))
        self.assertEqual({b"0", b"1"}, {self.client(proxy).reader.exactly(1) for _ in range(12)})

    def test_silence_ends_a_tunnel_and_bytes_one_way_do_not(self):
        def speak(talk):
            for _ in range(8):
                talk.socket.sendall(b"x")
                time.sleep(0.25)
            talk.reader.rest()
        proxy = self.proxy(PLAIN.replace("1m", "1s"), self.start(raw.Peer([speak])))
        client = self.client(proxy)
        self.assertEqual(b"x" * 8, client.reader.exactly(8))
        self.assertIn(self.ends(client), (b"", None))
        self.assertEqual("tunnel_idle", proxy.log()[0]["failure"])

    def test_a_reload_keeps_tunnels_and_takes_new_connections_elsewhere(self):
        old, new = self.start(raw.Peer([echo])), self.start(raw.Peer([raw.send("new"), echo]))
        proxy = self.proxy(PLAIN, old)
        client = self.client(proxy)
        client.send("a").reader.exactly(1)
        proxy.write(PLAIN.replace("@app@", new.address))
        proxy.signal(signal.SIGHUP)
        def is_new():
            with raw.Client(proxy.port()) as other:
                other.send("xyz")
                return other.reader.exactly(3) == b"new"
        until(is_new, "the new service")
        client.send("b")
        self.assertEqual(b"b", client.reader.exactly(1))

    def test_a_drain_waits_for_tunnels(self):
        proxy = self.proxy(PLAIN + "shutdown: {not_ready: 0s, drain: 20s}\n", self.start(raw.Peer([echo])))
        client = self.client(proxy)
        client.send("a").reader.exactly(1)
        proxy.signal(signal.SIGTERM)
        until(lambda: "draining" in proxy.stderr(), "the drain to begin")
        client.send("b")
        self.assertEqual(b"b", client.reader.exactly(1))
        client.shutdown()
        self.assertEqual(b"", client.reader.rest())
        proxy.check_end(0)

    def test_the_same_port_changes_its_protocol(self):
        service = self.start(raw.Peer([raw.send("hi"), echo]))
        proxy = self.proxy(PLAIN.replace("protocol: tcp", "protocol: http"), service)
        proxy.write(PLAIN)
        proxy.signal(signal.SIGHUP)
        def is_tcp():
            with raw.Client(proxy.port(), timeout=5) as client:
                try:
                    return client.reader.exactly(2) == b"hi"
                except (OSError, EOFError):
                    return False
        until(is_tcp, "the service to speak first")


class Guarded(TcpCase):
    def with_filters(self, filters, more="", service=None, upstream="[]"):
        config = PLAIN.replace("[{access_log: {}}]", filters).replace("filters: []}", f"filters: {upstream}{more}}}")
        return self.proxy(config, service or self.start(raw.Peer([raw.send("hi"), echo])))

    def is_served(self, proxy):
        try:
            with raw.Client(proxy.port()) as client:
                return client.reader.exactly(2) == b"hi"
        except (ConnectionError, EOFError):
            return False

    def test_access_goes_by_address(self):
        proxy = self.with_filters("[{access_log: {}}, {access: {rules: [{deny: {client: 127.0.0.0/8}}]}}]")
        self.assertFalse(self.is_served(proxy))
        self.assertEqual("access_denied", proxy.log()[0]["failure"])

    def test_connections_come_at_a_rate(self):
        proxy = self.with_filters("[{rate_limit: {rate: 1/m, burst: 2}}]")
        self.assertEqual([True, True, False], [self.is_served(proxy) for _ in range(3)])

    def test_limits_count_connections(self):
        proxy = self.with_filters("[]", ", limits: {in_flight: 1, queue: 0}")
        with raw.Client(proxy.port()) as client:
            client.reader.exactly(2)
            self.assertFalse(self.is_served(proxy))
        until(lambda: self.is_served(proxy), "the place to be free again")

    def test_a_breaker_opens_on_failed_connections(self):
        config = PLAIN.replace('"@app@"], filters: []', '127.0.0.1:1], filters: [{circuit_breaker: {connect_failures: 2}}]')
        proxy = self.proxy(config)
        for _ in range(3):
            self.assertFalse(self.is_served(proxy))
        self.assertEqual(["connect_failed", "connect_failed", "breaker_open"], [line["failure"] for line in proxy.log(3)])

    def test_a_health_check_keeps_connections_from_a_service_that_is_down(self):
        service = self.start(raw.Peer([raw.send("hi"), echo]))
        endpoints = f'"127.0.0.1:1", "{service.address}"'
        config = PLAIN.replace('"@app@"], filters: []',
                               endpoints + "], filters: [], health_check: {tcp: true, interval: 20ms, fall: 1}")
        proxy = self.proxy(config)
        until(lambda: Metrics(proxy.address("status")).value("outrigger_upstream_endpoints_unhealthy", upstream="app") == 1,
              "the check to find it")
        self.assertTrue(all(self.is_served(proxy) for _ in range(5)))
        self.assertEqual(0, Metrics(proxy.address("status")).value("outrigger_upstream_failovers_total", upstream="app"))

    def test_what_needs_http_is_an_error_with_its_place(self):
        def errors(change, to, upstream="[]"):
            text = PLAIN.replace('"@listen@"', "127.0.0.1:1").replace('"@app@"', "127.0.0.1:2").replace('"@status@"', "127.0.0.1:3")
            text = text.replace(change, to).replace("filters: []", f"filters: {upstream}")
            with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
                file.write(text)
                file.flush()
                done = command("validate", "-c", file.name)
                return done.stdout + done.stderr
        log = "[{access_log: {}}]"
        for filters, wanted in (("[{headers: {}}]", ":4:63: listeners[0].filters[0].headers: headers needs HTTP"),
                                ("[{access: {rules: [{allow: {path: /a}}]}}]", "listeners[0].filters[0].access: path needs HTTP"),
                                ("[{rate_limit: {rate: 1/s, key: \"header:A\"}}]", "key: header:A needs HTTP"),
                                ("[{jwt: {issuer: a, audience: b, jwks: \"file:/dev/null\"}}]", "jwt")):
            with self.subTest(filters):
                self.assertIn(wanted, errors(log, filters))
        self.assertIn("upstreams.app.filters[0].fallback: fallback needs HTTP, and listeners[0] has protocol tcp",
                      errors("x", "x", "[{fallback: {chain: [{static: {status: 503}}]}}]"))
        self.assertIn("listeners[0].max_body: goes with protocol http only", errors("protocol: tcp,", "protocol: tcp, max_body: 1KiB,"))
        self.assertIn("listeners[0].routes[0].match.path: goes with protocol http only",
                      errors("upstream: app}\nup", "routes: [{match: {path: {prefix: /}}, upstream: app}]}\nup"))
        self.assertIn("listeners[0].routes[0].match.sni: goes with protocol tcp only",
                      errors("protocol: tcp, filters: [{access_log: {}}], timeouts: {tunnel_idle: 1m}, upstream: app",
                             "routes: [{match: {sni: a.example}, upstream: app}]"))


class Tls(TcpCase):
    def setUp(self):
        self.certs = tempfile.mkdtemp(prefix="outrigger-certs-")
        self.addCleanup(shutil.rmtree, self.certs)

    def wrapped(self, proxy, name, made=None):
        plain = socket.create_connection(("127.0.0.1", proxy.port()), PATIENCE)
        self.addCleanup(plain.close)
        tls = (made or context()).wrap_socket(plain, server_hostname=name)
        self.addCleanup(tls.close)
        return tls

    def test_tls_ends_here_and_the_service_sees_plain_bytes(self):
        service = self.start(raw.Peer([raw.send("220 hi\r\n"), echo]))
        config = PLAIN.replace("protocol: tcp,", "protocol: tcp, tls: {self_signed: true},")
        proxy = self.proxy(config, service)
        made = context()
        made.set_alpn_protocols(["imap"])  # of which we know nothing
        tls = self.wrapped(proxy, "mail.example", made)
        self.assertIsNone(tls.selected_alpn_protocol())
        self.assertEqual(b"220 hi\r\n", tls.recv(100))
        tls.sendall(b"x" * 100000)
        got = b""
        while len(got) < 100000:
            got += tls.recv(65536)
        tls.unwrap()
        line = proxy.log()[0]
        self.assertEqual(("tls", "mail.example", 100000, None),
                         tuple(line.get(key) for key in ("scheme", "host", "request_bytes", "failure")))

    def test_openssl_s_client_talks_through(self):
        service = self.start(raw.Peer([raw.send("hello\n"), echo]))
        proxy = self.proxy(PLAIN.replace("protocol: tcp,", "protocol: tcp, tls: {self_signed: true},"), service)
        with subprocess.Popen(["openssl", "s_client", "-quiet", "-connect", proxy.address()], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, stderr=subprocess.DEVNULL) as client:
            self.assertEqual(b"hello\n", client.stdout.readline())
            client.stdin.write(b"ping\n")
            client.stdin.flush()
            self.assertEqual(b"ping\n", client.stdout.readline())
            client.terminate()
        self.assertEqual(5, proxy.log()[0]["request_bytes"])

    def test_access_goes_by_the_clients_certificate(self):
        authority = Authority(self.certs + "/ca")
        self_signed(self.certs, "localhost")
        tls = f"tls: {{cert: {self.certs}/tls.crt, key: {self.certs}/tls.key, client_ca: {authority.cert}}},"
        rules = "[{access_log: {}}, {access: {rules: [{allow: {client_cert: {common_name: good}}}]}}]"
        proxy = self.proxy(PLAIN.replace("protocol: tcp,", "protocol: tcp, " + tls).replace("[{access_log: {}}]", rules),
                           self.start(raw.Peer([raw.send("hi"), echo])))
        for name, wanted in (("good", b"hi"), ("bad", None)):
            made = context()
            made.load_cert_chain(*map(str, authority.issue(name, f"/CN={name}", f"DNS:{name}", "clientAuth")))
            with self.subTest(name):
                tls = self.wrapped(proxy, "localhost", made)
                try:
                    got = tls.recv(2)
                except OSError:
                    got = None
                self.assertEqual(wanted, got or None)

    def test_routes_by_name_where_tls_ends_here_too(self):
        one, two = (self.start(raw.Peer([raw.send(text), echo])) for text in ("one", "two"))
        config = BY_NAME.replace("    filters", "    tls: {self_signed: true}\n    filters")
        proxy = self.proxy(config, one=one.address, two=two.address)
        self.assertEqual(b"one", self.wrapped(proxy, "one.example").recv(3))
        self.assertEqual(b"two", self.wrapped(proxy, "a.two.example").recv(3))

    def test_tls_passes_through_to_whom_the_client_asks_for(self):
        one, two = (self.start(TlsEcho(self.certs, name)) for name in ("one.example", "two.example"))
        proxy = self.proxy(BY_NAME, one=one.address, two=two.address)
        for name, service in (("one.example", one), ("two.example", two), ("x.two.example", two), ("TWO.example", two)):
            with self.subTest(name):
                made = ssl.create_default_context(cafile=service.cert)
                made.check_hostname = name.lower() == service.name
                tls = self.wrapped(proxy, name, made)
                self.assertEqual(service.name.encode() + b"\n", tls.recv(100))
                tls.sendall(b"ping")
                self.assertEqual(b"ping", tls.recv(4))
                tls.unwrap().close()
        self.assertEqual({"one.example", "two.example", "x.two.example"}, {line["host"] for line in proxy.log(4)})

    def test_a_hello_comes_in_pieces(self):
        one = self.start(TlsEcho(self.certs, "one.example"))
        proxy = self.proxy(BY_NAME.replace("500ms", "10s"), one=one.address, two=one.address)
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        tls = context().wrap_bio(incoming, outgoing, server_hostname="one.example")
        with self.assertRaises(ssl.SSLWantReadError):
            tls.do_handshake()
        hello = outgoing.read()
        client = self.client(proxy)
        for i in range(0, len(hello), 7):
            client.send(hello[i:i + 7])
        self.assertEqual(0x16, client.reader.exactly(1)[0])  # the service's answer

    def test_a_name_that_nobody_serves_and_what_is_no_hello(self):
        one = self.start(TlsEcho(self.certs, "one.example"))
        proxy = self.proxy(BY_NAME, one=one.address, two=one.address)
        for number, name in enumerate(("none.example", None), 1):
            with self.assertRaises(OSError):
                self.wrapped(proxy, name)
            self.assertEqual("no_route", proxy.log(number)[-1]["failure"])
        for number, (data, failure) in enumerate(((b"GET / HTTP/1.1\r\n\r\n", "bad_client_hello"),
                                                  (b"\x16\x03\x01\x40\x01", "bad_client_hello"),
                                                  (b"\x16\x03\x01\x02\x00\x01\x00", "client_hello_timeout")), 3):
            with self.subTest(data):
                self.assertTrue(self.client(proxy).send(data).is_closed())
                self.assertEqual(failure, proxy.log(number)[-1]["failure"])
        client = self.client(proxy).send(b"\x16\x03")
        client.shutdown()
        self.assertTrue(client.is_closed())
        self.assertEqual("client_gone", proxy.log(6)[-1]["failure"])

    def test_tls_begins_here(self):
        service = self.start(TlsEcho(self.certs, "localhost"))
        config = PLAIN.replace("filters: []", f"filters: [], tls: {{ca: {service.cert}, server_name: localhost}}")
        client = self.client(self.proxy(config, service))
        self.assertEqual(b"localhost\n", client.reader.until(b"\n"))
        client.send("ping")
        self.assertEqual(b"ping", client.reader.exactly(4))
        client.shutdown()
        self.assertEqual(b"", client.reader.rest())

    def test_tls_that_begins_here_is_offered_as_nothing_but_itself(self):
        config = PLAIN.replace("filters: []", "filters: [], tls: {insecure_skip_verify: true}")
        for more, protocols in ((config, (False, False)), (config.replace("protocol: tcp,", ""), (True, False)),
                                (config.replace("tls:", "protocol: auto, tls:"), (False, False)),
                                (config.replace("filters: [], tls", "filters: [], health_check: {tcp: true}, tls"), (False, False))):
            with self.subTest(more):
                hellos = []
                service = self.start(raw.Peer([lambda talk, hellos=hellos: hellos.append(talk.reader.until(b"\x16") + talk.reader.buffer + talk.socket.recv(4096))]))
                proxy = self.proxy(more, service)
                client = self.client(proxy)
                client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                until(lambda hellos=hellos: hellos, "a ClientHello")
                self.assertEqual({protocols}, {(b"http/1.1" in hello, b"\x02h2" in hello) for hello in hellos})
                client.close()
                proxy.stop()

    def test_a_proxy_header_goes_with_a_tunnel(self):
        from .test_proxy_protocol import LINE
        headers = []
        def hear(talk):
            headers.append(talk.reader.until(b"\r\n"))
            echo(talk)
        config = PLAIN.replace("protocol: tcp,", "protocol: tcp, proxy_protocol: true, trusted_proxies: [127.0.0.1],")
        proxy = self.proxy(config.replace("filters: []", "filters: [], proxy_protocol: v1"), self.start(raw.Peer([hear])))
        client = self.client(proxy).send(LINE + b"ping")
        self.assertEqual(b"ping", client.reader.exactly(4))
        self.assertEqual([LINE], headers)
        client.shutdown()
        self.assertEqual("203.0.113.9", proxy.log()[0]["client_ip"])


class RealRedis(TcpCase):
    def cli(self, proxy, *arguments, **options):
        done = subprocess.run(["redis-cli", "-h", "127.0.0.1", "-p", str(proxy.port()), *arguments], capture_output=True,
                              text=True, timeout=PATIENCE * 2, check=False, **options)
        return done.stdout.strip()

    def test_redis_works_through(self):
        proxy = self.proxy(PLAIN, self.start(Redis()))
        self.assertEqual("PONG", self.cli(proxy, "ping"))
        value = "v" * 1_000_000
        self.assertEqual("OK", self.cli(proxy, "-x", "set", "k", input=value))
        self.assertEqual(value, self.cli(proxy, "get", "k"))
        piped = "".join(f"SET k{n} {n}\r\n" for n in range(20000))
        self.assertIn("replies: 20000", self.cli(proxy, "--pipe", input=piped))
        self.assertEqual("20001", self.cli(proxy, "dbsize"))
        self.assertEqual({None}, {line.get("failure") for line in proxy.log(5)})
