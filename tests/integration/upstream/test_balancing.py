"""Which endpoint a request goes to."""
import collections
import socket
import tempfile
import threading

from support import certificates, raw
from support.case import Case
from support.ports import free_port
from support.wait import PATIENCE, until

CONFIG = """
version: 1
listeners: [{address: "@listen@", upstream: app}]
upstreams: {app: {endpoints: [ENDPOINTS], load_balancing: {POLICY}, filters: []}}
"""


class Balancing(Case):
    def serve(self, policy, *endpoints):
        text = CONFIG.replace("ENDPOINTS", ", ".join(endpoints)).replace("POLICY", policy)
        self.served = self.proxy(text)
        self.gets = self.client(self.served)

    def peers(self, count):
        return [self.start(raw.Peer.answering(raw.answer(str(number)))) for number in range(count)]

    def owner(self, path="/", *fields):
        response = self.gets.get(path, *fields)
        self.assertEqual(200, response.status)
        return response.body.decode()

    def test_spill_over_and_bounded_load_count_for_the_process(self):
        for policy in ("policy: first, spill_over: 2", "policy: maglev, hash_on: path, bounded_load: 1"):
            with self.subTest(policy):
                done = threading.Event()
                peers = [self.start(raw.Peer.answering(raw.wait(done), raw.answer())) for _ in range(2)]
                text = CONFIG.replace("ENDPOINTS", ", ".join(f'"{peer.address}"' for peer in peers)).replace("POLICY", policy)
                served = self.proxy(text, workers=4)
                for count in range(1, 9):
                    self.client(served).send("GET /same HTTP/1.1\r\nHost: a\r\n\r\n")
                    until(lambda count=count: sum(len(peer.requests) for peer in peers) == count, "the request to arrive")
                busy = [len(peer.requests) for peer in peers]
                done.set()
                self.assertEqual([4, 4], busy)

    def test_weights_are_shares(self):
        one, other = self.peers(2)
        for policy in ("least_request", "round_robin", "random"):
            with self.subTest(policy):
                self.serve(f"policy: {policy}", f'{{address: "{one.address}", weight: 3}}', f'"{other.address}"')
                counts = collections.Counter(self.owner() for _ in range(200))
                self.assertTrue(110 < counts["0"] < 185, counts)

    def test_a_key_stays_at_its_endpoint(self):
        peers = self.peers(3)
        for policy in ("ring_hash", "maglev"):
            for key, request in (("header:X-User", lambda key: ("/", f"X-User: {key}")), ("path", lambda key: (f"/{key}",)),
                                 ("query:id", lambda key: (f"/?a=b&id={key}",)),
                                 ("cookie:sid", lambda key: ("/", f"Cookie: a=b; sid={key}"))):
                with self.subTest(policy, key=key):
                    self.serve(f'policy: {policy}, hash_on: "{key}"', *(f'"{peer.address}"' for peer in peers))
                    owners = {number: {self.owner(*request(number)) for _ in range(4)} for number in range(20)}
                    self.assertEqual({1}, {len(each) for each in owners.values()})
                    self.assertGreater(len(set().union(*owners.values())), 1)

    def test_a_client_without_the_cookie_gets_one_and_stays(self):
        peers = self.peers(3)
        self.serve('policy: maglev, hash_on: "cookie:route"', *(f'"{peer.address}"' for peer in peers))
        for _ in range(10):
            first = self.gets.get()
            cookie, *attributes = first.get("Set-Cookie").split("; ")
            self.assertTrue(cookie.startswith("route="))
            self.assertEqual(["Path=/", "HttpOnly", "SameSite=Lax"], attributes)
            for _ in range(3):
                again = self.gets.get("/", f"Cookie: {cookie}")
                self.assertEqual((first.body, None), (again.body, again.get("Set-Cookie")))

    def test_a_client_address_stays_at_its_endpoint(self):
        peers = self.peers(3)
        for policy in ("ring_hash", "maglev"):
            with self.subTest(policy):
                self.serve(f"policy: {policy}, hash_on: client_ip", *(f'"{peer.address}"' for peer in peers))
                owners = {host: {self.owner_of(f"127.0.0.{host}") for _ in range(4)} for host in range(2, 22)}
                self.assertEqual({1}, {len(each) for each in owners.values()})
                self.assertGreater(len(set().union(*owners.values())), 1)

    def owner_of(self, client_address):
        """Whom a connection from that address reaches, on whichever port it comes."""
        with socket.create_connection(("127.0.0.1", self.served.port()), PATIENCE, (client_address, 0)) as connection:
            connection.sendall(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
            return raw.Reader(connection).rest()[-1:]

    def test_the_cookie_of_a_tls_listener_is_secure(self):
        cert, key = certificates.self_signed(self.enterContext(tempfile.TemporaryDirectory()))
        text = CONFIG.replace("ENDPOINTS", ", ".join(f'"{peer.address}"' for peer in self.peers(2)))
        text = text.replace("POLICY", 'policy: maglev, hash_on: "cookie:route"')
        proxy = self.proxy(text.replace("upstream: app}", f"tls: {{cert: {cert}, key: {key}}}, upstream: app}}", 1))
        client = self.client(proxy, tls="localhost")
        first = client.get()
        cookie, *attributes = first.get("Set-Cookie").split("; ")
        self.assertEqual(["Path=/", "HttpOnly", "SameSite=Lax", "Secure"], attributes)
        for _ in range(3):
            again = client.get("/", f"Cookie: {cookie}")
            self.assertEqual((first.body, None), (again.body, again.get("Set-Cookie")))

    def test_a_key_survives_the_loss_of_its_endpoint(self):
        peers = self.peers(2)
        dead = f"127.0.0.1:{free_port()}"
        self.serve('policy: ring_hash, hash_on: path', *(f'"{peer.address}"' for peer in peers), f'"{dead}"')
        owners = {number: self.owner(f"/{number}") for number in range(60)}
        self.assertEqual(owners, {number: self.owner(f"/{number}") for number in range(60)})

    def test_a_spare_endpoint_serves_while_the_first_is_dead(self):
        spare, first = self.peers(2)
        self.serve("policy: least_request", f'{{address: "{spare.address}", priority: 1}}', f'"{first.address}"')
        self.assertEqual({"1"}, {self.owner() for _ in range(10)})
        self.serve("policy: least_request", f'{{address: "{spare.address}", priority: 1}}', f'"127.0.0.1:{free_port()}"')
        self.assertEqual({"0"}, {self.owner() for _ in range(10)})

    def test_ewma_prefers_the_quick(self):
        import time
        quick = self.start(raw.Peer.answering(raw.answer("quick")))
        slow = self.start(raw.Peer.answering(lambda talk: time.sleep(0.05), raw.answer("slow")))
        self.serve("policy: ewma", f'"{quick.address}"', f'"{slow.address}"')
        counts = collections.Counter(self.owner() for _ in range(60))
        self.assertGreater(counts["quick"], counts["slow"])
