"""Several workers: what stays open is spread evenly, and every connection is served wherever it came in."""
import json
import signal
import socket
import ssl
import tempfile

from support import certificates, raw
from support.case import Case
from support.curl import curl
from support.ports import free_port
from support.wait import PATIENCE, until

CONFIG = """
version: 1
listeners:
  - {name: plain, address: "@listen@", upstream: app}
upstreams: {app: {endpoints: ["@app@"]}}
admin: {address: "@admin@"}
"""


class Workers(Case):
    def by_worker(self, proxy):
        return json.loads(curl(f"http://{proxy.address('admin')}/api/info").body)["open_connections_by_worker"]

    def test_connections_that_stay_are_spread_evenly(self):
        proxy = self.proxy(CONFIG, self.start(raw.Peer.answering()), workers=4, wait_for=("listen", "admin"))
        clients = [self.client(proxy) for _ in range(16)]
        for client in clients:  # one after the other: its answer shows that it was counted
            self.assertEqual(200, client.get().status)
        self.assertEqual([4, 4, 4, 4], self.by_worker(proxy))
        for client in clients:
            self.assertEqual(200, client.get().status)

    def test_a_connection_that_was_handed_over_ends_with_its_worker(self):
        proxy = self.proxy(CONFIG, self.start(raw.Peer.answering()), workers=4, wait_for=("listen", "admin"))
        clients = [self.client(proxy) for _ in range(8)]
        for client in clients:
            client.get()
        proxy.signal(signal.SIGINT)
        for client in clients:
            self.assertTrue(client.is_closed())
        proxy.check_end(0)

    def test_connections_with_tls_are_spread_too(self):
        cert, key = certificates.self_signed(self.enterContext(tempfile.TemporaryDirectory()))
        text = CONFIG.replace("upstream: app}", f"tls: {{cert: {cert}, key: {key}}}, upstream: app}}", 1)
        proxy = self.proxy(text, self.start(raw.Peer.answering()), workers=4, wait_for=("listen", "admin"))
        trust = ssl.create_default_context(cafile=str(cert))
        for _ in range(8):
            plain = self.enterContext(socket.create_connection(("127.0.0.1", proxy.port()), timeout=PATIENCE))
            client = self.enterContext(trust.wrap_socket(plain, server_hostname="localhost"))
            client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertTrue(client.recv(65536).startswith(b"HTTP/1.1 200"))
        self.assertEqual([2, 2, 2, 2], self.by_worker(proxy))

    def test_a_new_listener_answers_whichever_worker_knows_it_first(self):
        service = self.start(raw.Peer.answering())
        proxy = self.proxy(CONFIG, service, workers=4, wait_for=("listen", "admin"))
        for _ in range(10):
            port = free_port()
            more = f'listeners:\n  - {{name: p{port}, address: "127.0.0.1:{port}", upstream: app}}\n'
            proxy.write(CONFIG.replace("listeners:\n", more))
            proxy.signal(signal.SIGHUP)
            clients = [self.first_connected(port) for _ in range(8)]
            self.assertEqual([200] * 8, [client.get().status for client in clients])

    def first_connected(self, port):
        client = None

        def connects():
            nonlocal client
            try:
                client = self.enterContext(raw.Client(port))
            except ConnectionRefusedError:
                return False
            return True
        until(connects, f"a listener on {port}")
        return client
