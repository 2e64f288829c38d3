"""A DNS server of the test's own: UDP on a free port of 127.0.0.1, records from a dictionary that the test may change."""
import socket
import struct
import threading

from .wait import PATIENCE

TYPES = {"A": 1, "SRV": 33, "AAAA": 28}
SERVFAIL, NXDOMAIN = 2, 3


def _name(text):
    return b"".join(bytes([len(label)]) + label.encode() for label in text.split(".") if label) + b"\0"


def _data(kind, value):
    if kind == "A":
        return socket.inet_aton(value)
    if kind == "AAAA":
        return socket.inet_pton(socket.AF_INET6, value)
    priority, weight, port, target = value
    return struct.pack(">HHH", priority, weight, port) + _name(target)


class DnsServer:
    """Answers from `records`: {"app.test": {"A": ["127.0.0.1"]}}; names that are missing do not exist.

    `failure` (SERVFAIL, ...) is the answer to everything while it is set; while `silent`, nothing is answered, and while
    `gate` is a threading.Event that is not set, answers wait for it. `garble(name, type, answer)`, if
    set, makes of an answer with records what is sent instead; None: nothing is. `questions` lists (name, type) as they came.
    """

    def __init__(self, records=None, ttl=1):
        self.records = records or {}
        self.ttl = ttl
        self.failure = 0
        self.silent = False
        self.gate = None
        self.garble = None
        self.questions = []
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(0.05)
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def _serve(self):
        while not self._ending.is_set():
            try:
                query, client = self._socket.recvfrom(2048)
            except TimeoutError:
                continue
            if self.gate:
                self.gate.wait(PATIENCE)
            answer = self._answer(query)
            if answer and not self.silent:
                self._socket.sendto(answer, client)

    def _answer(self, query):
        labels, at = [], 12
        while query[at]:
            labels.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        name, question = ".".join(labels).lower(), query[12:at + 5]
        kind = next((kind for kind, number in TYPES.items() if number == struct.unpack(">H", query[at + 1:at + 3])[0]), None)
        self.questions.append((name, kind))
        found = self.records.get(name)
        code = self.failure or (0 if found is not None else NXDOMAIN)
        values = (found or {}).get(kind, []) if not code else []
        reply = query[:2] + struct.pack(">HHHHH", 0x8180 | code, 1, len(values), 0, 0) + question
        for value in values:
            data = _data(kind, value)
            reply += struct.pack(">HHHIH", 0xC00C, TYPES[kind], 1, self.ttl, len(data)) + data
        return self.garble(name, kind, reply) if self.garble and values else reply

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._ending.set()
        if self.gate:
            self.gate.set()
        self._thread.join()
        self._socket.close()
