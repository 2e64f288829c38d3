"""Upgrades to another protocol: a tunnel, until one side ends it. RFC 9110 section 7.8."""
import signal
import threading
import time

from support import raw
from support.case import BARE, LOGGED, Case
from support.wait import until

ASK = "GET /chat HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Key: eA==\r\n\r\n"
SWITCH = "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Accept: eA==\r\n\r\n"


def echo(talk):
    """Sends back what comes, until the client ends."""
    while more := (talk.reader.buffer or talk.socket.recv(65536)):
        talk.reader.buffer = b""
        talk.socket.sendall(more)


class Upgrades(Case):
    def open(self, service, config=BARE):
        proxy = self.proxy(config, service)
        client = self.client(proxy)
        client.send(ASK)
        self.assertEqual("HTTP/1.1 101 Switching Protocols", client.head().start)
        return proxy, client

    def test_both_sides_hear_of_the_switch_and_bytes_flow(self):
        service = self.start(raw.Peer([raw.head(), raw.send(SWITCH), echo]))
        proxy = self.proxy(LOGGED, service)
        client = self.client(proxy)
        client.send(ASK)
        head = client.head()
        self.assertEqual(("Upgrade", "websocket", "eA=="),
                         tuple(head.get(name) for name in ("Connection", "Upgrade", "Sec-WebSocket-Accept")))
        self.assertEqual([None, None], [head.get(name) for name in ("Transfer-Encoding", "Content-Length")])
        self.assertEqual(("Upgrade", "websocket", "eA=="),
                         tuple(service.requests[0].get(name) for name in ("Connection", "Upgrade", "Sec-WebSocket-Key")))
        for size in (1, 70000, 3):
            client.send(b"x" * size)
            self.assertEqual(b"x" * size, client.reader.exactly(size))
        client.shutdown()
        self.assertEqual(b"", client.reader.rest())
        line = proxy.log()[0]
        self.assertEqual((101, 70004, 70004, None), tuple(line.get(key) for key in ("status", "request_bytes", "response_bytes", "failure")))

    def test_two_lines_of_connection_are_one_list(self):
        service = self.start(raw.Peer([raw.head(), raw.send(SWITCH), echo]))
        client = self.client(self.proxy(BARE, service))
        client.send(ASK.replace("keep-alive, Upgrade", "keep-alive\r\nConnection: x, Upgrade"))
        self.assertEqual("HTTP/1.1 101 Switching Protocols", client.head().start)

    def test_bytes_that_come_with_the_handshake(self):
        service = self.start(raw.Peer([raw.head(), raw.send(SWITCH + "first"), echo]))
        client = self.client(self.proxy(BARE, service))
        client.send(ASK + "early")
        client.head()
        self.assertEqual(b"firstearly", client.reader.exactly(10))

    def test_each_side_may_end_its_direction_alone(self):
        def bye(talk):
            talk.peer.leftovers.append(talk.reader.rest())
            talk.socket.sendall(b"bye")
        service = self.start(raw.Peer([raw.head(), raw.send(SWITCH), bye, raw.close()]))
        _, client = self.open(service)
        client.send(b"all")
        client.shutdown()
        self.assertEqual(b"bye", client.reader.rest())
        self.assertEqual([b"all"], service.leftovers)

    def test_a_side_that_does_not_read_holds_the_other_back(self):
        go, size = threading.Event(), 64 << 20  # four socket buffers hold up to 20 MiB of it
        service = self.start(raw.Peer([raw.head(), raw.send(SWITCH), raw.wait(go),
                                       lambda talk: talk.peer.leftovers.append(talk.reader.exactly(size)), raw.close()]))
        proxy, client = self.open(service)
        before = proxy.resident_bytes()
        sender = threading.Thread(target=client.send, args=(b"x" * size,), daemon=True)
        sender.start()
        sender.join(0.5)
        self.assertTrue(sender.is_alive())
        self.assertLess(proxy.resident_bytes() - before, 2 << 20)
        go.set()
        sender.join(20)
        self.assertFalse(sender.is_alive())
        until(lambda: service.leftovers, "all bytes to arrive")
        self.assertEqual(b"x" * size, service.leftovers[0])

    def test_a_refused_upgrade_is_an_answer_like_any_other(self):
        service = self.start(raw.Peer.answering(raw.answer("no", "426 Upgrade Required")))
        client = self.client(self.proxy(BARE, service))
        for _ in range(2):
            client.send(ASK)
            answer = client.response()
            self.assertEqual((426, b"no"), (answer.status, answer.body))

    def test_a_switch_to_what_nobody_asked_for_is_a_bad_response(self):
        plain = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"
        for ask, switch in ((plain, SWITCH), (ASK, SWITCH.replace("websocket", "other")),
                            (ASK, SWITCH.replace("Upgrade: websocket\r\n", "")),
                            (ASK.replace("websocket", "h2c"), SWITCH.replace("websocket", "h2c"))):
            with self.subTest(ask=ask, switch=switch):
                service = self.start(raw.Peer([raw.head(), raw.send(switch), raw.read_to_end()]))
                proxy = self.proxy(LOGGED, service)
                client = self.client(proxy)
                client.send(ask)
                self.assertEqual(502, client.response().status)
                self.assertEqual("upstream_bad_response", proxy.log()[0]["failure"])

    def test_a_service_that_resets_ends_the_tunnel(self):
        go = threading.Event()
        service = self.start(raw.Peer([raw.head(), raw.send(SWITCH), raw.wait(go), raw.reset()]))
        proxy, _ = self.open(service, LOGGED)
        go.set()
        self.assertEqual("response_truncated", proxy.log()[0]["failure"])

    def test_a_tunnel_without_bytes_ends_and_one_with_bytes_one_way_does_not(self):
        idle = LOGGED.replace("upstream: app}]", "timeouts: {tunnel_idle: 1s}, upstream: app}]")
        def speak(talk):
            for _ in range(10):
                talk.socket.sendall(b"x")
                time.sleep(0.25)
        service = self.start(raw.Peer([raw.head(), raw.send(SWITCH), speak, raw.read_to_end()]))
        proxy, client = self.open(service, idle)
        self.assertEqual(b"x" * 10, client.reader.exactly(10))
        client.send(b"y")  # still taken after 2.5 s without a byte from here
        begin = time.monotonic()
        try:
            self.assertEqual(b"", client.reader.rest())
        except ConnectionError:
            pass
        self.assertGreater(time.monotonic() - begin, 0.5)
        self.assertEqual(1, proxy.log()[0]["request_bytes"])

    def test_a_reload_keeps_a_tunnel(self):
        service = self.start(raw.Peer([raw.head(), raw.send(SWITCH), echo]))
        proxy, client = self.open(service)
        proxy.write(BARE.replace("upstream: app}]", "filters: [{respond: {status: 418}}], upstream: app}]"))
        proxy.signal(signal.SIGHUP)
        until(lambda: self.client(proxy).get().status == 418, "the new configuration")
        client.send(b"hello")
        self.assertEqual(b"hello", client.reader.exactly(5))
