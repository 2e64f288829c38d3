"""Our own histograms name a trace of each bucket to whoever asks for OpenMetrics."""
import re
import shutil
import unittest
import urllib.request

from support import raw
from support.prometheus import PrometheusServer
from support.traced import SAMPLED, TRACE, UNSAMPLED, Traced
from support.wait import PATIENCE, until

OPEN = "application/openmetrics-text; version=1.0.0"
WHOLE, TRY = "outrigger_request_duration_seconds", "outrigger_upstream_try_duration_seconds"
FAILING = raw.answer("bad", "503 Service Unavailable")


class Exemplars(Traced):
    def page(self, accept=OPEN):
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        request = urllib.request.Request(f"http://{self.served.address('status')}/metrics", headers={"Accept": accept})
        with opener.open(request, timeout=PATIENCE) as answer:
            return answer.read().decode()

    def found(self):
        """{histogram: [(trace, span, seconds, bound)]} of the page."""
        lines = re.findall(r'^(\w+)_bucket\{.*le="(\S+)"\} \d+ # \{trace_id="(\w+)",span_id="(\w+)"\} (\S+) \S+$', self.page(), re.M)
        return {name: [(trace, span, float(value), float(bound)) for each, bound, trace, span, value in lines if each == name]
                for name in {line[0] for line in lines}}

    def test_of_a_sampled_request_and_its_try(self):
        proxy = self.serve(self.start(raw.Peer.answering()), exporter='otlp: "@collector@", encoding: json')
        self.client(proxy).get("/", f"traceparent: {SAMPLED}")
        found = until(lambda: self.found() if len(self.found()) == 2 else None, "both exemplars")
        self.assertEqual({WHOLE, TRY}, set(found))
        for ((trace, span, seconds, bound),) in found.values():
            self.assertEqual((TRACE, 16, True), (trace, len(span), seconds <= bound))
        self.assertNotIn(TRACE, self.page("text/plain"), "Prometheus' own format has no place for them")

    def test_none_of_a_request_that_nobody_traced(self):
        proxy = self.serve(self.start(raw.Peer.answering()))
        self.client(proxy).get("/", f"traceparent: {UNSAMPLED}")
        until(lambda: f"{WHOLE}_count" in self.page() and not re.search(rf"^{WHOLE}_count\S* 0$", self.page(), re.M), "the count")
        self.assertEqual({}, self.found())

    def test_of_a_failed_request_that_is_sent_to_the_collector_for_that(self):
        proxy = self.serve(self.start(raw.Peer.answering(FAILING)))
        self.client(proxy).get("/", f"traceparent: {UNSAMPLED}")
        found = until(self.found, "an exemplar")
        self.assertEqual([TRACE], [trace for trace, *_ in found[WHOLE]])

    @unittest.skipUnless(shutil.which("prometheus"), "PENDING: Debian's prometheus is not installed")
    def test_a_real_prometheus_keeps_them(self):
        proxy = self.serve(self.start(raw.Peer.answering()))
        self.client(proxy).get("/", f"traceparent: {SAMPLED}")
        server = self.start(PrometheusServer(proxy.address("status")))
        kept = until(lambda: server.exemplars(f"{WHOLE}_bucket"), "an exemplar in Prometheus")
        self.assertEqual({TRACE}, {each["labels"]["trace_id"] for each in kept})
