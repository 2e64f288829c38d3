"""Active health checks: unhealthy endpoints get requests only when none is healthy."""
import shutil
import tempfile
import threading

from support import raw
from support.case import Case
from support.certificates import self_signed
from support.metrics import Metrics
from support.nginx import Nginx
from support.ports import free_port
from support.wait import until

CONFIG = """
version: 1
listeners: [{address: "@listen@", upstream: app}]
upstreams:
  app:
    endpoints: [@endpoints@]
    health_check: {CHECK, interval: 50ms, fast_interval: 20ms, timeout: 200ms}
    load_balancing: round_robin
    filters: []
    TLS
status: {address: "@status@"}
"""


def answers(health, body="ok"):
    """A service whose answer to /healthz is in health[0] (a status line and a body)."""
    def step(talk):
        request = talk.peer.requests[-1]
        if request.start.startswith("GET /healthz"):
            status, text = health[0]
            raw.answer(text, status)(talk)
        else:
            raw.answer(body)(talk)
    return [raw.request(), step]


class Health(Case):
    def serve(self, check, *endpoints, workers=1, tls="", filters="[]"):
        text = CONFIG.replace("CHECK", check).replace("TLS", tls).replace("filters: []", f"filters: {filters}")
        self.served = self.proxy(text, endpoints=", ".join(f'"{each}"' for each in endpoints), workers=workers,
                                 wait_for=("listen", "status"))
        self.gets = self.client(self.served)

    def value(self, name, **labels):
        return Metrics(self.served.address("status")).value(f"outrigger_upstream_{name}", upstream="app", **labels)

    def unhealthy(self, count):
        until(lambda: self.value("endpoints_unhealthy") == count, f"{count} unhealthy endpoints")

    def bodies(self, count=10):
        return {self.gets.get().body.decode() for _ in range(count)}

    def test_an_unhealthy_endpoint_gets_no_requests_until_it_is_well_again(self):
        health = [("200 OK", "fine")]
        one = self.start(raw.Peer(answers(health, "one"), loop=True))
        other = self.start(raw.Peer(answers([("200 OK", "fine")], "other"), loop=True))
        self.serve("path: /healthz", one.address, other.address)
        self.assertEqual({"one", "other"}, self.bodies())
        health[0] = ("500 Internal Server Error", "")
        self.unhealthy(1)
        self.assertEqual({"other"}, self.bodies())
        until(lambda: "unhealthy" in self.served.stderr() and "status 500" in self.served.stderr(), "the log to say why")
        health[0] = ("204 No Content", "")
        self.unhealthy(0)
        self.assertEqual({"one", "other"}, self.bodies())

    def test_a_retry_asks_the_healthy_endpoint_again_rather_than_an_unhealthy_one(self):
        statuses = []

        def step(talk):
            if talk.peer.requests[-1].start.startswith("GET /healthz"):
                return raw.answer()(talk)
            statuses.append("200 OK" if len(statuses) % 2 else "503 Service Unavailable")
            return raw.answer("good", statuses[-1])(talk)

        good = self.start(raw.Peer([raw.request(), step], loop=True))
        bad = self.start(raw.Peer(answers([("500 Internal Server Error", "")], "bad"), loop=True))
        self.serve("path: /healthz", good.address, bad.address, filters="[retry: {}]")
        self.unhealthy(1)
        self.assertEqual({"good"}, self.bodies(4))
        self.assertEqual(8, len(statuses))

    def test_a_reload_that_changes_the_checks_keeps_what_is_down(self):
        checks, silent = [], threading.Event()
        self.addCleanup(silent.set)

        def step(talk):
            if not talk.peer.requests[-1].start.startswith("GET /healthz"):
                return raw.answer("bad")(talk)
            checks.append(1)
            if silent_from and len(checks) > silent_from[0]:
                silent.wait(20)
            return raw.answer("", "500 Internal Server Error")(talk)

        silent_from = []
        bad = self.start(raw.Peer([raw.request(), step], loop=True))
        good = self.start(raw.Peer(answers([("200 OK", "")], "good"), loop=True))
        self.serve("path: /healthz", good.address, bad.address, workers=2)
        self.unhealthy(1)
        silent_from.append(0)  # no check ends any more
        reloaded = self.value_of_reloads()
        text = CONFIG.replace("CHECK", "path: /healthz, rise: 3").replace("TLS", "").replace("timeout: 200ms", "timeout: 20s")
        self.served.write(text)
        until(lambda: self.value_of_reloads() > reloaded, "the reload")
        self.assertEqual({"good"}, self.bodies(20))
        self.assertEqual(1, self.value("endpoints_unhealthy"))

    def value_of_reloads(self):
        return Metrics(self.served.address("status")).value("outrigger_reloads_total", result="success")

    def test_when_no_endpoint_is_healthy_all_are_used(self):
        peer = self.start(raw.Peer(answers([("503 Service Unavailable", "")]), loop=True))
        self.serve("path: /healthz", peer.address)
        self.unhealthy(1)
        self.assertEqual(200, self.gets.get().status)

    def test_what_counts_as_well(self):
        closed = f"127.0.0.1:{free_port()}"
        good = self.start(raw.Peer(answers([("404 Not Found", "lost")]), loop=True))
        silent = self.start(raw.Peer([raw.request(), raw.hang()]))
        garbage = self.start(raw.Peer([raw.request(), raw.send("220 smtp\r\n\r\n"), raw.close()]))
        for check, endpoint, well in (("tcp: true", closed, False), ("tcp: true", good.address, True),
                                      ("path: /healthz", good.address, False),
                                      ("path: /healthz, status: [200, 404]", good.address, True),
                                      ("path: /healthz, status: 4xx, contains: los", good.address, True),
                                      ("path: /healthz, status: 4xx, contains: found", good.address, False),
                                      (f"path: /healthz, status: 4xx, port: {good.port}", closed, True),
                                      ("path: /healthz", silent.address, False), ("path: /healthz", garbage.address, False)):
            with self.subTest(check, endpoint=endpoint):
                self.serve(check, endpoint)
                until(lambda: self.value("health_checks_total") > 0, "a check")
                self.unhealthy(0 if well else 1)
                self.assertEqual(0, self.value("health_checks_total", result="bad" if well else "good"))

    def test_each_endpoint_is_checked_once_however_many_workers_there_are(self):
        peer = self.start(raw.Peer(answers([("200 OK", "")]), loop=True))
        self.serve("path: /healthz", peer.address, workers=2)
        before = self.value("health_checks_total")
        until(lambda: self.value("health_checks_total") >= before + 20, "20 checks")
        self.assertEqual("outrigger-health-check", peer.requests[0].get("User-Agent"))
        self.assertEqual(peer.address, peer.requests[0].get("Host"))

    def test_a_check_uses_tls_where_the_upstream_does(self):
        certs = tempfile.mkdtemp(prefix="outrigger-certs-")
        self.addCleanup(shutil.rmtree, certs)
        self_signed(certs)
        nginx = self.start(Nginx(listen="ssl", server=f"ssl_certificate {certs}/tls.crt; ssl_certificate_key {certs}/tls.key;"))
        for tls, well in ((f"tls: {{ca: {certs}/tls.crt}}", True), ("tls: {}", False)):
            with self.subTest(tls):
                self.serve("path: /", nginx.address, tls=tls)
                until(lambda: self.value("health_checks_total", result="good" if well else "bad") > 0, "a check")
                self.assertEqual(0, self.value("health_checks_total", result="bad" if well else "good"))
