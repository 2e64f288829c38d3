"""Listeners with protocol tcp: rules, limits, breakers and health of connections."""
import tempfile

from support import raw
from support.metrics import Metrics
from support.outrigger import command
from support.tcp import PLAIN, TcpCase, echo
from support.wait import until


class Guarded(TcpCase):
    def with_filters(self, filters, more="", service=None, upstream="[]"):
        config = PLAIN.replace("[{access_log: {}}]", filters).replace("filters: []}", f"filters: {upstream}{more}}}")
        return self.proxy(config, service or self.start(raw.Peer([raw.send("hi"), echo])))

    def is_served(self, proxy):
        try:
            with raw.Client(proxy.port()) as client:
                return client.reader.exactly(2) == b"hi"
        except (ConnectionError, EOFError):
            return False

    def test_access_goes_by_address(self):
        proxy = self.with_filters("[{access_log: {}}, {access: {rules: [{deny: {client: 127.0.0.0/8}}]}}]")
        self.assertFalse(self.is_served(proxy))
        self.assertEqual("access_denied", proxy.log()[0]["failure"])

    def test_connections_come_at_a_rate(self):
        proxy = self.with_filters("[{rate_limit: {rate: 1/m, burst: 2}}]")
        self.assertEqual([True, True, False], [self.is_served(proxy) for _ in range(3)])

    def test_limits_count_connections(self):
        proxy = self.with_filters("[]", ", limits: {in_flight: 1, queue: 0}")
        with raw.Client(proxy.port()) as client:
            client.reader.exactly(2)
            self.assertFalse(self.is_served(proxy))
        until(lambda: self.is_served(proxy), "the place to be free again")

    def test_a_breaker_opens_on_failed_connections(self):
        config = PLAIN.replace('"@app@"], filters: []', '127.0.0.1:1], filters: [{circuit_breaker: {connect_failures: 2}}]')
        proxy = self.proxy(config)
        for _ in range(3):
            self.assertFalse(self.is_served(proxy))
        self.assertEqual(["connect_failed", "connect_failed", "breaker_open"], [line["failure"] for line in proxy.log(3)])

    def test_a_health_check_keeps_connections_from_a_service_that_is_down(self):
        service = self.start(raw.Peer([raw.send("hi"), echo]))
        endpoints = f'"127.0.0.1:1", "{service.address}"'
        config = PLAIN.replace('"@app@"], filters: []',
                               endpoints + "], filters: [], health_check: {tcp: true, interval: 20ms, fall: 1}")
        proxy = self.proxy(config)
        until(lambda: Metrics(proxy.address("status")).value("outrigger_upstream_endpoints_unhealthy", upstream="app") == 1,
              "the check to find it")
        self.assertTrue(all(self.is_served(proxy) for _ in range(5)))
        self.assertEqual(0, Metrics(proxy.address("status")).value("outrigger_upstream_failovers_total", upstream="app"))

    def test_what_needs_http_is_an_error_with_its_place(self):
        def errors(change, to, upstream="[]"):
            text = PLAIN.replace('"@listen@"', "127.0.0.1:1").replace('"@app@"', "127.0.0.1:2").replace('"@status@"', "127.0.0.1:3")
            text = text.replace(change, to).replace("filters: []", f"filters: {upstream}")
            with tempfile.NamedTemporaryFile("w", suffix=".yaml") as file:
                file.write(text)
                file.flush()
                done = command("validate", "-c", file.name)
                return done.stdout + done.stderr
        log = "[{access_log: {}}]"
        for filters, wanted in (("[{headers: {}}]", ":4:63: listeners[0].filters[0].headers: headers needs HTTP"),
                                ("[{access: {rules: [{allow: {path: /a}}]}}]", "listeners[0].filters[0].access: path needs HTTP"),
                                ("[{rate_limit: {rate: 1/s, key: \"header:A\"}}]", "key: header:A needs HTTP"),
                                ("[{jwt: {issuer: a, audience: b, jwks: \"file:/dev/null\"}}]", "jwt")):
            with self.subTest(filters):
                self.assertIn(wanted, errors(log, filters))
        self.assertIn("upstreams.app.filters[0].fallback: fallback needs HTTP, and listeners[0] has protocol tcp",
                      errors("x", "x", "[{fallback: {chain: [{static: {status: 503}}]}}]"))
        self.assertIn("listeners[0].max_body: goes with protocol http only", errors("protocol: tcp,", "protocol: tcp, max_body: 1KiB,"))
        self.assertIn("listeners[0].routes[0].match.path: goes with protocol http only",
                      errors("upstream: app}\nup", "routes: [{match: {path: {prefix: /}}, upstream: app}]}\nup"))
        self.assertIn("listeners[0].routes[0].match.sni: goes with protocol tcp only",
                      errors("protocol: tcp, filters: [{access_log: {}}], timeouts: {tunnel_idle: 1m}, upstream: app",
                             "routes: [{match: {sni: a.example}, upstream: app}]"))
