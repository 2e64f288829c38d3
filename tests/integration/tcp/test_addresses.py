"""Unix sockets on both sides, and a bare port on both families, for both protocols."""
import socket
import tempfile
import threading

from support.case import Case
from support.outrigger import Outrigger
from support.ports import free_port
from support.raw import Reader
from support.wait import PATIENCE

CONFIG = """
version: 1
listeners:
  - {name: socket, address: "unix:@dir@/in.sock", @protocol@, upstream: app}
  - {name: port, address: "@port@", @protocol@, upstream: app}
upstreams: {app: {endpoints: ["unix:@service@"], filters: []}}
status: {address: "@status@"}
"""
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok"


class UnixService:
    """Answers the first bytes of every connection with a response, then ends."""

    def __init__(self, path):
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(path)
        self.listener.listen(16)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            with connection:
                connection.settimeout(PATIENCE)
                connection.recv(65536)
                connection.sendall(ANSWER)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.close()


class Addresses(Case):
    def ask(self, family, address):
        with socket.socket(family) as client:
            client.settimeout(PATIENCE)
            client.connect(address)
            client.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            return Reader(client).rest()

    def test_each_kind_of_address_leads_to_a_unix_socket(self):
        with tempfile.TemporaryDirectory() as directory:
            self.start(UnixService(directory + "/out.sock"))
            for protocol in ("http", "tcp"):
                port = free_port()
                proxy = self.start(Outrigger(CONFIG, wait_for=("status",), protocol=f"protocol: {protocol}", port=port,
                                             service=directory + "/out.sock"))
                places = ((socket.AF_UNIX, str(proxy.dir / "in.sock")), (socket.AF_INET, ("127.0.0.1", port)),
                          (socket.AF_INET6, ("::1", port)))
                for family, address in places:
                    with self.subTest(protocol=protocol, family=family):
                        answer = self.ask(family, address)
                        self.assertTrue(answer.startswith(b"HTTP/1.1 200 OK") and answer.endswith(b"ok"), answer)
