"""How a process ends: no request is lost, and an impatient operator is obeyed."""
import errno
import pathlib
import resource
import shutil
import signal
import socket
import ssl
import subprocess
import threading
import time

from support import raw
from support.case import Case
from support.curl import curl
from support.outrigger import Outrigger
from support.wait import PATIENCE, until

CONFIG = """
version: 1
listeners: [{address: "@listen@", upstream: app}]
upstreams: {app: {endpoints: ["@app@"], filters: []}}
status: {address: "@status@"}
shutdown: {not_ready: @not_ready@, drain: @drain@}
"""


class End(Case):
    def served(self, service, not_ready="0ms", drain="20s", **options):
        return self.proxy(CONFIG, service, wait_for=("listen", "status"), not_ready=not_ready, drain=drain, **options)

    def readiness(self, proxy):
        return curl(f"http://{proxy.address('status')}/readyz").status

    def test_sigterm_finishes_what_is_in_flight_and_closes_what_is_idle(self):
        go_on = threading.Event()
        service = self.start(raw.Peer([raw.request(), raw.answer(), raw.request(), raw.wait(go_on), raw.answer(b"late")]))
        proxy = self.served(service)
        idle, busy = self.client(proxy), self.client(proxy)
        idle.get()
        busy.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        until(lambda: len(service.requests) == 2, "the request")
        proxy.signal(signal.SIGTERM)
        self.assertTrue(idle.is_closed())
        go_on.set()
        response = busy.response()
        self.assertEqual((200, b"late", "close"), (response.status, response.body, response.get("Connection")))
        proxy.check_end(0)

    def test_a_signal_counts_from_the_beginning_also_where_it_was_ignored(self):
        # As in a shell's background job (SIGINT), and by default in a container's first process.
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number):
                self.end(number, lambda pid, number=number: until(lambda: self.is_held(pid, number), "it to hold signals"),
                         (0,), preexec_fn=lambda number=number: signal.signal(number, signal.SIG_IGN))

    def end(self, number, wait, codes, workers=2, **options):
        """Sends `number` to a process after `wait(pid)`; it ends with one of `codes`."""
        proxy = Outrigger(CONFIG, app="127.0.0.1:9", not_ready="0s", drain="20s", workers=workers)
        process = subprocess.Popen(proxy._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, **options)
        try:
            wait(process.pid)
            process.send_signal(number)
            self.assertIn(process.wait(PATIENCE * 2), codes)
        finally:
            process.kill()
            process.wait()
            shutil.rmtree(proxy.dir)

    @staticmethod
    def is_held(pid, number):
        mask = next(line for line in pathlib.Path(f"/proc/{pid}/status").read_text().splitlines() if line.startswith("SigBlk"))
        return int(mask.split()[1], 16) >> (number - 1) & 1

    def test_a_signal_at_any_time_of_the_start_ends_it(self):
        rows = [(number, step) for number in (signal.SIGINT, signal.SIGTERM) for step in range(15)]
        for number, step in rows:
            with self.subTest(number, after=f"{step * 4} ms"):
                # Until it holds signals they do what they always do.
                self.end(number, lambda _, step=step: time.sleep(step * 0.004), (0, -number), workers=1 + step % 2)

    def test_after_sigterm_it_is_not_ready_and_still_serves_for_a_while(self):
        proxy = self.served(self.start(raw.Peer.answering()), not_ready="60s")
        proxy.signal(signal.SIGTERM)
        until(lambda: self.readiness(proxy) == 503, "not ready")
        self.assertEqual(200, self.client(proxy).get().status)
        proxy.signal(signal.SIGTERM)
        proxy.check_end(0)

    def test_while_it_is_not_ready_kept_connections_end_with_an_answer_that_says_so(self):
        proxy = self.served(self.start(raw.Peer.answering()), not_ready="1h", workers=2)
        kept = [self.client(proxy) for _ in range(4)]
        self.assertEqual([None] * 4, [client.get().get("Connection") for client in kept])
        proxy.signal(signal.SIGTERM)
        until(lambda: self.client(proxy).get().get("Connection") == "close", "the workers to let clients go")
        for client in kept:
            until(lambda: client.get().get("Connection") == "close", "an answer that says so")
            self.assertTrue(client.is_closed())
        proxy.signal(signal.SIGINT)

    def test_while_it_drains_new_connections_are_refused_and_what_is_in_flight_goes_on(self):
        go_on = threading.Event()
        service = self.start(raw.Peer([raw.request(), raw.wait(go_on), raw.answer(b"late")]))
        proxy = self.served(service, drain="1h", workers=2)
        client = self.client(proxy)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        until(lambda: service.requests, "the request")
        proxy.signal(signal.SIGTERM)

        def is_refused():
            with socket.socket() as probe:
                return probe.connect_ex(("127.0.0.1", proxy.port())) == errno.ECONNREFUSED
        until(is_refused, "new connections to be refused")
        proxy.write(CONFIG.replace("drain: @drain@", "drain: 2h"))
        until(lambda: "reloaded" in proxy.stderr(), "the reload")
        until(is_refused, "new connections to be refused")
        go_on.set()
        self.assertEqual(b"late", client.response().body)
        proxy.check_end(0)

    def test_a_client_whose_handshake_had_begun_gets_its_answer(self):
        context = ssl.create_default_context()
        context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
        go_on = threading.Event()
        service = self.start(raw.Peer([raw.request(), raw.wait(go_on), raw.answer()], [raw.request(), raw.answer(b"late")]))
        proxy = self.proxy(CONFIG.replace("upstream: app}]", "tls: {self_signed: true}, upstream: app}]"), service,
                           wait_for=("listen", "status"), not_ready="0ms", drain="1h")
        busy = self.client(proxy, tls="localhost")
        busy.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        until(lambda: service.requests, "the request")
        incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        session = context.wrap_bio(incoming, outgoing)
        late = self.enterContext(socket.create_connection(("127.0.0.1", proxy.port())))
        late.settimeout(PATIENCE)

        def step(function, *arguments):
            while True:
                try:
                    result = function(*arguments)
                    late.sendall(outgoing.read())
                    return result
                except ssl.SSLWantReadError:
                    late.sendall(outgoing.read())
                    incoming.write(late.recv(65536))
        with self.assertRaises(ssl.SSLWantReadError):
            session.do_handshake()
        late.sendall(outgoing.read())
        incoming.write(late.recv(65536))  # the server's part
        proxy.signal(signal.SIGTERM)
        until(lambda: '"draining"' in proxy.stderr(), "the drain")
        step(session.do_handshake)
        step(session.write, b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        answer = step(session.read, 9999)
        self.assertIn(b"late", answer)
        self.assertIn(b"Connection: close", answer)
        go_on.set()
        self.assertEqual(200, busy.response().status)
        proxy.check_end(0)

    def test_the_time_to_drain_is_limited(self):
        proxy = self.served(self.start(raw.Peer([raw.request(), raw.hang()])), drain="300ms")
        client = self.client(proxy)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        proxy.signal(signal.SIGTERM)
        proxy.check_end(0)
        self.assertTrue(client.is_closed())

    def test_a_second_signal_ends_it_now(self):
        service = self.start(raw.Peer([raw.request(), raw.hang()]))
        proxy = self.served(service)
        client = self.client(proxy)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        until(lambda: service.requests, "the request")
        proxy.signal(signal.SIGINT)
        until(lambda: self.readiness(proxy) == 503, "the first signal to be taken")
        proxy.signal(signal.SIGINT)
        proxy.check_end(0)


class Descriptors(Case):
    def test_without_descriptors_accepting_pauses_and_goes_on(self):
        proxy = self.proxy(CONFIG, self.start(raw.Peer.answering()), wait_for=("listen", "status"), not_ready="0ms", drain="5s")
        kept = self.client(proxy)
        self.assertEqual(200, kept.get().status)
        descriptors = pathlib.Path(f"/proc/{proxy.process.pid}/fd")
        used = len(list(descriptors.iterdir()))
        resource.prlimit(proxy.process.pid, resource.RLIMIT_NOFILE, (used + 10, used + 10))
        many = [self.client(proxy) for _ in range(30)]
        for client in many:
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        until(lambda: len(list(descriptors.iterdir())) >= used + 9, "descriptors to run out")
        # While the others are being answered, its connection to the service may be lent to one of them.
        until(lambda: kept.get().status == 200, "an open connection to be served")
        self.assertGreaterEqual(len(list(descriptors.iterdir())), used + 9)
        for client in many[:25]:
            client.close()
        self.assertIn(many[-1].response().status, (200, 503))
        self.assertEqual(200, self.client(proxy).get().status)
