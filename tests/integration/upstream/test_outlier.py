"""Endpoints that fail are taken out for a while, as long as others are left."""
from support import raw
from support.case import Case
from support.metrics import Metrics
from support.wait import until

CONFIG = """
version: 1
listeners: [{address: "@listen@", timeouts: {backend_request: 200ms, body_idle: 200ms}, upstream: app}]
upstreams:
  app:
    endpoints: ["@good@", "@other@", "@bad@"]
    load_balancing: round_robin
    outlier: {consecutive_failures: 3, eject_for: @for@}
    filters: []
status: {address: "@status@"}
"""
GOOD = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"


class Outlier(Case):
    def serve(self, *bad, eject_for="1m"):
        self.good, self.other = [self.start(raw.Peer.answering()) for _ in range(2)]
        self.bad = self.start(raw.Peer([raw.request(), *bad]))
        proxy = self.proxy(CONFIG, good=self.good.address, other=self.other.address, bad=self.bad.address,
                           wait_for=("listen", "status"), **{"for": eject_for})
        self.ejections = lambda reason: Metrics(proxy.address("status")).value(
            "outrigger_upstream_ejections_total", upstream="app", reason=reason)
        self.served = proxy

    def outcome(self):
        with raw.Client(self.served.port()) as client:
            try:
                return client.get().status
            except (EOFError, ConnectionError):
                return "cut"

    def test_an_endpoint_that_fails_is_taken_out(self):
        for name, steps, outcome in (("503", [raw.answer("no", "503 Service Unavailable"), raw.close()], 503),
                                     ("reset", [raw.reset()], 502),
                                     ("hang", [raw.hang()], 504),
                                     ("cut answers", [raw.send(GOOD + "ab"), raw.close()], "cut")):
            with self.subTest(name):
                self.serve(*steps)
                outcomes = [self.outcome() for _ in range(30)]
                self.assertEqual([outcome] * 3, [each for each in outcomes if each != 200])
                self.assertEqual(1, self.ejections("consecutive_failures"))
                until(lambda: "taken out" in self.served.stderr(), "the log to say so")

    def test_an_endpoint_comes_back_after_its_time(self):
        self.serve(raw.answer("no", "503 Service Unavailable"), raw.close(), eject_for="100ms")
        until(lambda: self.ejections("consecutive_failures") or self.outcome() == 0, "the ejection")
        self.bad.scripts[:] = [[raw.request(), raw.answer(), raw.read_to_end()]]
        before = len(self.bad.requests)
        until(lambda: self.outcome() == 200 and len(self.bad.requests) > before, "a request to it")

    def test_an_answer_that_is_no_failure_does_not_take_out(self):
        self.serve(raw.answer("no", "500 Internal Server Error"), raw.close())
        for _ in range(30):
            self.outcome()
        self.assertEqual(10, len(self.bad.requests))
        self.assertEqual(0, self.ejections("consecutive_failures"))
