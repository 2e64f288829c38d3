"""Listeners with protocol tcp: TLS ends here, begins here, or passes through to whom the client asks for."""
import shutil
import socket
import ssl
import subprocess
import tempfile
import threading

from support import raw
from support.certificates import Authority, self_signed
from support.tcp import PLAIN, TcpCase, echo
from support.wait import PATIENCE, until

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


def context(name=None):
    made = ssl.create_default_context()
    made.check_hostname, made.verify_mode = False, ssl.CERT_NONE
    return made


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
