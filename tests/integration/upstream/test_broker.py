"""examples/broker, as docs/broker.md describes it."""
import os
import socket
import tempfile

from support import raw
from support.case import Case
from support.curl import curl
from support.dnsmasq import DnsMasq
from support.outrigger import ROOT
from support.ports import free_port
from support.wait import until

EXAMPLE = ROOT / "examples/broker"


class Broker(Case):
    def setUp(self):
        names = ("orders", "billing", "spare", "users", "more")
        self.peers = {name: self.start(raw.Peer.answering(raw.answer(name))) for name in names}
        self.dns = self.start(DnsMasq({"node.consul": ["127.0.0.1"]}, [self.record("orders")]))
        self.list = self.enterContext(tempfile.TemporaryDirectory()) + "/billing.yaml"
        text = (EXAMPLE / "billing.yaml").read_text()
        self.write(text.replace("127.0.0.1:8081", self.peers["billing"].address).replace("127.0.0.1:8082", self.peers["spare"].address))
        self.port, status = free_port(), free_port()
        self.served = self.proxy((EXAMPLE / "outrigger.yaml").read_text().replace("file:billing.yaml", f"file:{self.list}"), wait_for=(),
                                 environment={"USERS_ENDPOINTS": self.peers["users"].address, "BROKER_PORT": str(self.port),
                                              "BROKER_STATUS_PORT": str(status), "BROKER_DNS": self.dns.address})
        until(self.is_up, "the broker to accept")

    def is_up(self):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def record(self, name):
        return "orders.service.consul", "node.consul", self.peers[name].port, 0, 0

    def write(self, text):
        with open(self.list + ".new", "w", encoding="utf-8") as file:
            file.write(text)
        os.rename(self.list + ".new", self.list)

    def ask(self, path="/", host=None):
        answer = curl(*(["-H", f"Host: {host}"] if host else []), f"http://127.0.0.1:{self.port}{path}")
        return answer.status, answer.body.decode(), answer.head

    def test_host_or_path_pick_the_service(self):
        for service in ("orders", "billing", "users"):
            self.assertEqual((200, service), self.ask(host=f"{service}.service")[:2])
        for service in ("orders", "billing"):
            self.assertEqual((200, service), self.ask(f"/{service}/42?a=b")[:2])
            asked = self.peers[service].requests[-1]
            self.assertEqual(("GET /42?a=b HTTP/1.1", f"{service}.service"), (asked.start, asked.get("Host")))
        self.assertEqual((200, "services: orders, billing, users\n"), self.ask()[:2])

    def test_what_names_no_service_reaches_nobody(self):
        status, _, head = self.ask("/payments", "payments.service")
        self.assertEqual(404, status)
        self.assertIn("outrigger; error=destination_not_found", head.get("Proxy-Status"))
        self.assertFalse(any(peer.requests for peer in self.peers.values()))

    def test_discovery_follows_the_services(self):
        self.assertEqual("orders", self.ask("/orders/")[1])
        self.dns.restart([self.record("more")])
        until(lambda: self.ask("/orders/")[1] == "more", "the new record")
        self.dns.stop()
        self.write(f"- {self.peers['more'].address}\n")
        until(lambda: self.ask("/billing/")[1] == "more", "the new list")
        self.assertEqual("more", self.ask("/orders/")[1])  # also after that reload, without DNS

    def test_a_spare_endpoint_serves_while_the_first_cannot(self):
        self.assertEqual("billing", self.ask("/billing/")[1])
        self.peers["billing"].stop()
        self.assertEqual((200, "spare"), self.ask("/billing/")[:2])
