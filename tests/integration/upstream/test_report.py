"""What the admin API says of upstreams: where endpoints come from, and why one gets no requests."""
import datetime
import json
import threading

from support import raw
from support.case import Case
from support.curl import curl
from support.dns import SERVFAIL, DnsServer
from support.ports import free_port
from support.wait import until

HEAD = """
version: 1
dns: {servers: ["@dns@"]}
listeners: [{address: "@listen@", upstream: app}]
admin: {address: "@admin@"}
"""


class Report(Case):
    def serve(self, upstream, records=None, **options):
        self.dns = self.start(DnsServer(records))
        self.served = self.proxy(HEAD + upstream, dns=self.dns.address, workers=2, wait_for=("listen", "admin"), **options)
        return self.client(self.served)

    def report(self):
        return json.loads(curl(f"http://{self.served.address('admin')}/api/upstreams").body)[0]

    def endpoints(self):
        return self.report()["endpoints"]

    def test_endpoints_tell_where_they_come_from_and_what_they_weigh(self):
        peer = self.start(raw.Peer.answering())
        self.serve(f"""upstreams:
  app:
    endpoints:
      - {{address: "{peer.address}", weight: 3, priority: 1}}
      - dns+srv://_http._tcp.app.test
""", {"_http._tcp.app.test": {"SRV": [(10, 7, peer.port, "one.test")]}, "one.test": {"A": ["127.0.0.1"], "AAAA": ["::1"]}})
        until(lambda: len(self.endpoints()) == 2 and self.endpoints()[1]["addresses"], "both endpoints")
        fixed, found = self.endpoints()
        self.assertEqual((peer.address, peer.address, 3, 1), tuple(fixed[key] for key in ("name", "source", "weight", "priority")))
        self.assertEqual((f"one.test:{peer.port}", "dns+srv://_http._tcp.app.test", 7, 10),
                         tuple(found[key] for key in ("name", "source", "weight", "priority")))
        self.assertEqual({f"127.0.0.1:{peer.port}", f"[::1]:{peer.port}"}, set(found["addresses"]))
        self.assertEqual((None, None, False), (fixed["health"], fixed["ejected_until"], fixed["draining"]))
        first, second = self.report()["sources"]
        self.assertEqual({"entry": peer.address, "set_at": f"{self.served.file}:9"}, first)
        self.assertEqual((f"{self.served.file}:10", False, ""), (second["set_at"], second["is_failing"], second["error"]))
        self.assertLess(second["last_good_age_ms"], 30_000)

    def test_a_name_that_cannot_be_looked_up_tells_why_and_how_old_its_answer_is(self):
        self.serve("upstreams: {app: \"dns://app.test:80\"}\n", {"app.test": {"A": ["127.0.0.1"]}})
        source = lambda: self.report()["sources"][0]
        until(lambda: source().get("last_good_age_ms") is not None, "an answer")
        self.dns.failure = SERVFAIL
        until(lambda: source()["is_failing"] and source()["last_good_age_ms"] > 1500, "a failure")
        self.assertIn("cannot resolve app.test", source()["error"])
        self.assertEqual(["127.0.0.1:80"], [endpoint["name"] for endpoint in self.endpoints()])

    def test_health_and_the_latest_error_of_a_check(self):
        well = self.start(raw.Peer.answering())
        ill = self.start(raw.Peer.answering(raw.answer(b"", "500 Internal Server Error")))
        self.serve(f"upstreams: {{app: {{endpoints: [\"{well.address}\", \"{ill.address}\"], "
                   "health_check: {path: /, interval: 50ms, fast_interval: 50ms}}}\n")
        health = lambda: [endpoint["health"]["state"] for endpoint in self.endpoints()]
        until(lambda: health() == ["healthy", "unhealthy"], "both checks")
        good, bad = (endpoint["health"] for endpoint in self.endpoints())
        self.assertEqual(("", None), (good["last_error"], good["last_error_age_ms"]))
        self.assertEqual("status 500", bad["last_error"])
        self.assertLess(bad["last_error_age_ms"], 30_000)

    def test_until_when_an_endpoint_is_ejected(self):
        well = self.start(raw.Peer.answering())
        client = self.serve(f"upstreams: {{app: {{endpoints: [\"{well.address}\", \"127.0.0.1:{free_port()}\"], filters: [], "
                            "outlier: {consecutive_failures: 2, eject_for: 1h, max_eject_for: 1h}}}\n")
        until(lambda: client.get() and self.endpoints()[1]["ejected_until"], "the ejection")
        until_when = datetime.datetime.strptime(self.endpoints()[1]["ejected_until"], "%Y-%m-%dT%H:%M:%SZ")
        left = until_when - datetime.datetime.utcnow()
        self.assertTrue(datetime.timedelta(minutes=55) < left < datetime.timedelta(minutes=70), left)
        self.assertIsNone(self.endpoints()[0]["ejected_until"])

    def test_an_endpoint_that_goes_is_shown_while_it_drains(self):
        done, port = threading.Event(), free_port()
        leaving = self.start(raw.Peer.answering(raw.wait(done), raw.answer(), host="127.0.0.2", port=port))
        client = self.serve(f"upstreams: {{app: {{endpoints: [\"dns://app.test:{port}\"], filters: []}}}}\n",
                            {"app.test": {"A": ["127.0.0.2"]}})
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        until(lambda: leaving.requests, "the request")
        self.dns.records = {"app.test": {"A": ["127.0.0.3"]}}
        shown = lambda: {endpoint["name"]: (endpoint["draining"], endpoint["active_requests"]) for endpoint in self.endpoints()}
        until(lambda: shown() == {f"127.0.0.3:{port}": (False, 0), f"127.0.0.2:{port}": (True, 1)}, "it to drain")
        self.served.file.write_text(self.served.file.read_text().replace("filters: []", "filters: [], load_balancing: random"))
        until(lambda: '"reloaded"' in self.served.stderr(), "a reload")
        self.assertEqual((True, 1), shown()[f"127.0.0.2:{port}"])
        done.set()
        self.assertEqual(200, client.response().status)
        until(lambda: list(shown()) == [f"127.0.0.3:{port}"], "it to be gone")
