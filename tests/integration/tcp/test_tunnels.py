"""Listeners with protocol tcp: bytes pass as they are, and tunnels end as they should."""
import hashlib
import os
import shutil
import signal
import socket
import subprocess
import threading
import time

from support import raw
from support.metrics import Metrics
from support.outrigger import SANITIZED
from support.services import Service
from support.tcp import PLAIN, TcpCase, echo
from support.wait import PATIENCE, until


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
        try:
            self.assertIsNone(self.ends(self.client(proxy)))
        except ConnectionResetError:
            pass  # it came before connect() had returned
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


class Redis(Service):
    def command(self):
        return [shutil.which("redis-server") or "/usr/bin/redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--save",
                "", "--appendonly", "no", "--dir", str(self.dir), "--protected-mode", "no"]


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
