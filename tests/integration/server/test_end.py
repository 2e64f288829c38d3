"""How a process ends: no request is lost, and an impatient operator is obeyed."""
import pathlib
import resource
import signal
import threading

from support import raw
from support.case import Case
from support.curl import curl
from support.wait import until

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

    def test_after_sigterm_it_is_not_ready_and_still_serves_for_a_while(self):
        proxy = self.served(self.start(raw.Peer.answering()), not_ready="60s")
        proxy.signal(signal.SIGTERM)
        until(lambda: self.readiness(proxy) == 503, "not ready")
        self.assertEqual(200, self.client(proxy).get().status)
        proxy.signal(signal.SIGTERM)
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
        self.assertEqual(200, kept.get().status)
        for client in many[:25]:
            client.close()
        self.assertIn(many[-1].response().status, (200, 503))
        self.assertEqual(200, self.client(proxy).get().status)
