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
    def logged(self, options, request="GET /a?b HTTP/1.1\r\nHost: shop\r\n\r\n"):
        service = self.start(raw.Peer.answering())
        proxy = self.proxy("""
version: 1
listeners: [{address: "@listen@", filters: [{access_log: @options@}], upstream: app}]
upstreams: {app: {endpoints: ["@app@"]}}
""".replace("@options@", options), service)
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
