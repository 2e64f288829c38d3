"""Each filter's main options, through the real binary."""
import signal
import time

from support import raw
from support.case import Case
from support.wait import until


class Filters(Case):
    def through(self, filters, *steps, extra=""):
        """(service, proxy) with these filters on the listener, YAML flow style."""
        self.service = self.start(raw.Peer.answering(*steps))
        return self.proxy(f"""
version: 1
{extra}
listeners: [{{address: "@listen@", filters: [{filters}], upstream: app}}]
upstreams: {{app: {{endpoints: ["@app@"], filters: []}}}}
""", self.service)

    def test_headers_change_the_request(self):
        proxy = self.through("{headers: {request: {set: {X-A: new, X-Client: \"${client_ip}\"}, add: {X-B: more}, remove: [X-C]}}}")
        self.client(proxy).get("/", "x-a: old", "X-B: one", "X-C: gone")
        request = self.service.requests[0]
        self.assertEqual(["new"], request.all("X-A"))
        self.assertEqual(["127.0.0.1"], request.all("X-Client"))
        self.assertEqual(["one", "more"], request.all("X-B"))
        self.assertEqual([], request.all("X-C"))

    def test_a_client_cannot_have_fields_removed_that_we_set(self):
        proxy = self.through('{headers: {request: {set: {X-User: "${client_ip}"}}}}')
        self.client(proxy).get("/", "Connection: keep-alive, X-User, X-Own", "X-User: forged", "X-Own: 1")
        request = self.service.requests[0]
        self.assertEqual((["127.0.0.1"], []), (request.all("X-User"), request.all("X-Own")))

    def test_forwarded_fields_of_the_client_go_and_ours_stay(self):
        proxy = self.through('{headers: {request: {set: {X-Real-IP: "${client_ip}", X-Forwarded-Proto: https}}}}')
        self.client(proxy).get("/", "X-Real-IP: 6.6.6.6", "X-Forwarded-For: 6.6.6.6", "Forwarded: for=6.6.6.6")
        request = self.service.requests[0]
        self.assertEqual((["127.0.0.1"], ["127.0.0.1"], ["https"], []), tuple(map(
            request.all, ("X-Real-IP", "X-Forwarded-For", "X-Forwarded-Proto", "Forwarded"))))

    def test_a_rewritten_host_keeps_the_clients_in_x_forwarded_host(self):
        proxy = self.through("{rewrite: {host: app.internal}}")
        self.client(proxy).get()
        self.assertEqual((["app.internal"], ["test"]), tuple(map(
            self.service.requests[0].all, ("Host", "X-Forwarded-Host"))))

    def test_a_route_is_chosen_on_the_rewritten_request(self):
        self.service = self.start(raw.Peer.answering())
        proxy = self.proxy("""
version: 1
listeners:
  - address: "@listen@"
    filters: [{rewrite: {path: {prefix: /old, to: /new}}}]
    routes: [{match: {path: {prefix: /new}}, respond: {body: new}}, {upstream: app}]
upstreams: {app: {endpoints: ["@app@"]}}
""", self.service)
        self.assertEqual(b"new", self.client(proxy).get("/old/a").body)

    def test_two_upstreams_of_one_chain_have_a_breaker_each(self):
        good = self.start(raw.Peer.answering())
        bad = self.start(raw.Peer.answering(raw.answer(b"", "500 Internal Server Error")))
        proxy = self.proxy("""
version: 1
chains: {careful: [{circuit_breaker: {min_requests: 5, open_for: 60s}}]}
listeners:
  - address: "@listen@"
    routes: [{match: {path: {prefix: /bad}}, upstream: bad}, {upstream: app}]
upstreams:
  app: {endpoints: ["@app@"], filters: [{use: careful}]}
  bad: {endpoints: ["@bad@"], filters: [{use: careful}]}
""", good, bad=bad.address)
        client = self.client(proxy)
        self.assertEqual([500] * 5 + [503], [client.get("/bad").status for _ in range(6)])
        self.assertEqual(200, client.get("/").status)

    def test_headers_change_the_response(self):
        proxy = self.through("{headers: {response: {set: {Server: ours}, append: {Vary: Accept}, remove: [X-Powered-By]}}}",
                             raw.answer(b"ok", "200 OK", "Server: app", "Vary: Cookie", "X-Powered-By: PHP/4"))
        response = self.client(proxy).get()
        self.assertEqual(("ours", "Cookie, Accept", None), tuple(map(response.get, ("Server", "Vary", "X-Powered-By"))))

    def test_request_id_is_made_and_reaches_service_client_and_log(self):
        proxy = self.through("{access_log: {}}, {request_id: {}}")
        self.client(proxy).get()
        made = self.service.requests[0].get("X-Request-ID")
        self.assertTrue(made)
        self.assertIn(made, str(proxy.log()[0]))

    def test_rewrite_changes_the_path_and_keeps_the_query(self):
        proxy = self.through("{rewrite: {path: {prefix: /old, to: /new}}}")
        client = self.client(proxy)
        for path in ("/old/a?b", "/older"):
            client.get(path)
        self.assertEqual(["GET /new/a?b HTTP/1.1", "GET /older HTTP/1.1"], [request.start for request in self.service.requests])

    def test_redirect_answers_without_the_service(self):
        proxy = self.through('{redirect: {to: "https://${host}${path}", status: 301}}')
        response = self.client(proxy).get("/a")
        self.assertEqual((301, "https://test/a"), (response.status, response.get("Location")))
        self.assertEqual([], self.service.requests)

    def test_respond_answers_without_the_service(self):
        proxy = self.through("{respond: {status: 418, body: tea, headers: {X-Pot: short}}}")
        response = self.client(proxy).get()
        self.assertEqual((418, b"tea", "short"), (response.status, response.body, response.get("X-Pot")))
        self.assertIn("Proxy-Status", response.names)

    def test_fault_aborts(self):
        response = self.client(self.through("{fault: {abort: {status: 503, share: 100%}}}")).get()
        self.assertEqual((503, []), (response.status, self.service.requests))

    def test_fault_delays(self):
        client = self.client(self.through("{fault: {delay: {for: 200ms, share: 100%}}}"))
        begin = time.monotonic()
        self.assertEqual(200, client.get().status)
        self.assertGreaterEqual(time.monotonic() - begin, 0.19)

    def test_a_named_chain_stands_where_it_is_used(self):
        proxy = self.through("{use: common}", extra="chains: {common: [{headers: {request: {set: {X-A: chain}}}}]}")
        self.client(proxy).get()
        self.assertEqual("chain", self.service.requests[0].get("X-A"))

    def test_chains_are_called_listener_then_route_then_upstream(self):
        self.service = self.start(raw.Peer.answering())
        proxy = self.proxy("""
version: 1
listeners:
  - address: "@listen@"
    filters: [{headers: {request: {add: {X-Order: listener}}}}]
    routes: [{filters: [{headers: {request: {add: {X-Order: route}}}}], upstream: app}]
upstreams: {app: {endpoints: ["@app@"], filters: [{headers: {request: {add: {X-Order: upstream}}}}]}}
""", self.service)
        self.client(proxy).get()
        self.assertEqual(["listener", "route", "upstream"], self.service.requests[0].all("X-Order"))


class AccessLog(Case):
    def logged(self, options, request="GET /a?b HTTP/1.1\r\nHost: shop\r\n\r\n", status=False):
        service = self.start(raw.Peer.answering())
        proxy = self.proxy("""
version: 1
listeners: [{address: "@listen@", filters: [{access_log: @options@}], upstream: app}]
upstreams: {app: {endpoints: ["@app@"]}}
""".replace("@options@", options) + ('status: {address: "@listen2@"}\n' if status else ""), service)
        self.assertEqual(200, self.client(proxy).request(request).status)
        return proxy

    def test_a_log_line_is_json_on_stdout(self):
        line = self.logged("{}").log()[0]
        self.assertEqual(("GET", 200), (line["method"], line["status"]))

    def test_a_text_log_has_one_line_a_request(self):
        proxy = self.logged("{format: text}")
        line = until(proxy.stdout, "the line")
        self.assertEqual(1, line.count("\n"))
        self.assertRegex(line, r"GET.*/a.* 200 ")

    def test_a_log_never_shows_credentials(self):
        proxy = self.logged("{}", "GET / HTTP/1.1\r\nHost: a\r\nAuthorization: Basic c2VjcmV0\r\nCookie: id=secret\r\n\r\n")
        proxy.log()
        self.assertNotIn("c2VjcmV0", proxy.stdout())
        self.assertNotIn("id=secret", proxy.stdout())

    def test_the_log_names_the_upstream_that_an_open_breaker_spared(self):
        service = self.start(raw.Peer.answering(raw.answer(b"", "500 Internal Server Error")))
        proxy = self.proxy("""
version: 1
listeners: [{address: "@listen@", filters: [{access_log: {}}], upstream: app}]
upstreams: {app: {endpoints: ["@app@"], filters: [{circuit_breaker: {min_requests: 1}}]}}
""", service)
        client = self.client(proxy)
        client.get()
        client.get()
        line = proxy.log(2)[1]
        self.assertEqual(("app", "breaker_open", 503), (line["upstream"], line["failure"], line["status"]))

    def test_a_full_disk_costs_lines_not_requests(self):
        proxy = self.logged("{path: /dev/full}", status=True)
        client = self.client(proxy)
        self.assertEqual([200] * 50, [client.get().status for _ in range(50)])
        until(lambda: 'outrigger_log_dropped_lines_total{log="/dev/full",reason="failed"} 51' in self.metrics(proxy),
              "the lost lines to be counted")

    def test_a_closed_stdout_costs_lines_not_requests(self):
        service = self.start(raw.Peer.answering())
        proxy = self.proxy("""
version: 1
listeners: [{address: "@listen@", filters: [{access_log: {}}], upstream: app}]
upstreams: {app: {endpoints: ["@app@"]}}
status: {address: "@listen2@"}
""", service, close_stdout=True)
        client = self.client(proxy)
        self.assertEqual([200] * 20, [client.get().status for _ in range(20)])
        until(lambda: 'outrigger_log_dropped_lines_total{log="stdout",reason="failed"} 20' in self.metrics(proxy),
              "the lost lines to be counted")

    def metrics(self, proxy):
        with raw.Client(proxy.port("listen2")) as client:
            return client.get("/metrics").body.decode()

    def test_a_log_file_is_opened_again_on_sigusr1(self):
        proxy = self.logged('{path: "@dir@/access.log"}')
        path = proxy.dir / "access.log"
        until(lambda: path.exists() and path.read_text().count("\n") == 1, "the first line")
        moved = path.rename(path.with_suffix(".1"))
        proxy.signal(signal.SIGUSR1)
        until(path.exists, "the new file")
        self.client(proxy).get()
        until(lambda: path.read_text().count("\n") == 1, "the second line")
        self.assertEqual(1, moved.read_text().count("\n"))
