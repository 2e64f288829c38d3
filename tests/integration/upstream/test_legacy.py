"""Old services: what `legacy` does for them, on raw bytes and with servers of Debian."""
import re

from support import old_services, raw
from support.case import Case
from support.curl import curl
from support.wait import until

OLD = """
version: 1
listeners: [{address: "@listen@", filters: [{access_log: {}}], upstream: app}]
upstreams: {app: {endpoints: ["@app@"], filters: [], legacy: {@legacy@}}}
"""
HTTPS = OLD.replace('"@listen@",', '"@listen@", tls: {self_signed: true},')
CHUNKED = "POST /a HTTP/1.1\r\nHost: shop.example\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n"


class Manners(Case):
    def old(self, service, legacy, config=OLD):
        return self.proxy(config, service, legacy=legacy)

    def test_a_request_is_of_http_1_0_and_the_answer_ends_with_its_connection(self):
        service = self.start(raw.Peer([raw.request(), raw.send("HTTP/1.0 200 OK\r\nA: b\r\n\r\nhello"), raw.close()]))
        client = self.client(self.old(service, "version: http10"))
        for _ in range(2):
            answer = client.get("/", "TE: trailers", "Connection: TE")
            self.assertEqual((200, b"hello"), (answer.status, answer.body))
        for request in service.requests:
            self.assertEqual("GET / HTTP/1.0", request.start)
            self.assertEqual([None, None], [request.get("TE"), request.get("Connection")])
        self.assertEqual(2, service.connections)

    def test_content_of_unknown_length_gets_one(self):
        for legacy in ("buffer_uploads: 1KiB", "version: http10"):
            with self.subTest(legacy):
                service = self.start(raw.Peer.answering())
                self.assertEqual(200, self.client(self.old(service, legacy)).request(CHUNKED).status)
                request = service.requests[0]
                self.assertEqual(("7", None, b"abcdefg"),
                                 (request.get("Content-Length"), request.get("Transfer-Encoding"), request.body))

    def test_too_much_of_it_is_413_and_none_wanted_411(self):
        for legacy, status, failure in (("buffer_uploads: 6B", 413, "body_too_large"), ("buffer_uploads: 0B", 411, "length_required")):
            with self.subTest(legacy):
                service = self.start(raw.Peer.answering())
                proxy = self.old(service, legacy)
                self.assertEqual(status, self.client(proxy).request(CHUNKED).status)
                self.assertEqual(failure, proxy.log()[0]["failure"])
                known = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\nabcdefg"
                self.assertEqual(200, self.client(proxy).request(known).status)
                self.assertEqual(["7"], [request.get("Content-Length") for request in service.requests])

    def test_a_client_that_waits_for_its_invitation_gets_it_at_once(self):
        for legacy, more in (("buffer_uploads: 1KiB", "Transfer-Encoding: chunked"), ("version: http10", "Content-Length: 7")):
            with self.subTest(legacy):
                service = self.start(raw.Peer.answering())
                client = self.client(self.old(service, legacy))
                client.send(f"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\n{more}\r\n\r\n")
                self.assertEqual(100, client.head().status)
                self.assertEqual([], service.requests)
                self.assertEqual(200, client.send("7\r\nabcdefg\r\n0\r\n\r\n" if "chunked" in more else "abcdefg").response().status)
                self.assertEqual((b"abcdefg", None), (service.requests[0].body, service.requests[0].get("Expect")))

    def test_what_was_taken_whole_is_sent_again_by_retry(self):
        service = self.start(raw.Peer([raw.request(), raw.reset()], [raw.request(), raw.answer()]))
        config = OLD.replace("filters: [], ", "filters: [{retry: {non_idempotent: true}}], ")
        self.assertEqual(200, self.client(self.old(service, "buffer_uploads: 1MiB", config)).request(
            CHUNKED.replace("3\r\nabc\r\n", "1ffff\r\n" + "x" * 0x1ffff + "\r\n")).status)
        self.assertEqual(["131075"] * 2, [request.get("Content-Length") for request in service.requests])

    def test_host_and_names_are_as_the_service_wants_them(self):
        for names, wanted in (("lower", ["host", "x-mixed-case"]), ("title", ["Host", "X-Mixed-Case"])):
            with self.subTest(names):
                service = self.start(raw.Peer.answering())
                self.client(self.old(service, f"field_names: {names}, host: app.internal")).get("/", "x-MIXED-case: v")
                request = service.requests[0]
                self.assertEqual(wanted, [name for name in request.names if name.lower() in ("host", "x-mixed-case")])
                self.assertEqual(("app.internal", "test", "v"),
                                 tuple(request.get(name) for name in ("Host", "X-Forwarded-Host", "X-Mixed-Case")))

    def test_a_connection_carries_one_request(self):
        service = self.start(raw.Peer.answering())
        client = self.client(self.old(service, "keep_alive: false"))
        for _ in range(3):
            self.assertEqual(200, client.get().status)
        self.assertEqual((3, ["close"] * 3), (service.connections, [request.get("Connection") for request in service.requests]))

    def test_a_service_that_closes_without_notice_is_asked_again(self):
        service = self.start(raw.Peer([raw.request(), raw.answer(), raw.close()]))
        client = self.client(self.old(service, "host: a"))
        self.assertEqual([200] * 5, [client.get().status for _ in range(5)])

    def test_lines_of_a_head_may_end_with_lf_alone(self):
        head = "HTTP/1.1 200 OK\nA: b\nContent-Length: 2\n\n"
        for legacy, status in (("lenient_head: true", 200), ("", 502)):
            for pieces in ([head + "hi"], [head[:20], head[20:-1], "\nhi"]):
                with self.subTest(legacy, pieces=len(pieces)):
                    service = self.start(raw.Peer([raw.request(), *map(raw.send, pieces)], loop=True))
                    client = self.client(self.old(service, legacy))
                    answer = client.get()
                    self.assertEqual(status, answer.status)
                    self.assertNotIn(b"\n", answer.head.replace(b"\r\n", b""))
                    if legacy:
                        self.assertEqual(b"hi", answer.body)
                        self.assertEqual(200, client.get().status)

    def test_its_health_is_asked_for_leniently_too(self):
        service = self.start(raw.Peer([raw.request(), raw.send("HTTP/1.0 200 OK\n\n"), raw.close()]))
        config = OLD.replace("filters: [],", "filters: [], health_check: {path: /, interval: 50ms},") + 'status: {address: "@status@"}\n'
        from support.metrics import Metrics
        proxy = self.old(service, "lenient_head: true", config)
        until(lambda: service.connections > 5, "checks")
        self.assertEqual(0, Metrics(proxy.address("status")).value("outrigger_upstream_endpoints_unhealthy", upstream="app"))

    def test_an_app_that_knows_only_http_is_right_behind_https(self):
        fields = ("Location: http://{host}/there", "Set-Cookie: a=1; Path=/; HttpOnly", "Set-Cookie: b=2; Domain=app.internal")
        service = self.start(raw.Peer.answering(raw.answer("", "302 Found", *(f.format(host="app.internal") for f in fields))))
        proxy = self.old(service, "host: app.internal, rewrite: {same_site: lax, path: {from: /, to: /shop}}", HTTPS)
        answer = self.client(proxy, tls="shop.example").request("GET / HTTP/1.1\r\nHost: shop.example:8443\r\n\r\n")
        self.assertEqual("https://shop.example:8443/shop/there", answer.get("Location"))
        self.assertEqual(["a=1; Path=/shop/; HttpOnly; Secure; SameSite=Lax", "b=2; Secure; SameSite=Lax"], answer.all("Set-Cookie"))


class RealServers(Case):
    """What docs/legacy.md says of each: the settings with which all of this works."""

    def check(self, service, legacy, takes_posts=True):
        service = self.start(service)
        proxy = self.proxy(HTTPS, service, legacy=legacy)
        url = f"https://localhost:{proxy.port()}"
        tell = url + service.script

        def told(*arguments, query=""):
            answer = curl("-k", *arguments, tell + query)
            self.assertEqual((0, 200), (answer.code, answer.status), f"{arguments}: {answer.error} {answer.body}")
            return answer.body.decode().split()
        for protocol in ("--http1.1", "--http2"):
            self.assertEqual("GET", told(protocol)[0])
            if not takes_posts:
                continue
            self.assertEqual(["POST", "100000"], [told(protocol, "-d", "x" * 100000)[n] for n in (0, 3)])
            chunked = told(protocol, "-H", "Transfer-Encoding: chunked" if protocol == "--http1.1" else "A: b",
                           "-T", "/etc/services", "-X", "POST")
            self.assertEqual(str(len(open("/etc/services", "rb").read())), chunked[3])
        self.assertEqual("ok", self.many(tell))
        answer = curl("-k", "-I", url + "/page.txt") if service.script != "/tell" else None
        if answer:
            self.assertEqual((0, 200, b""), (answer.code, answer.status, answer.body))
        answer = curl("-k", tell + "?redirect")
        self.assertEqual((service.redirects, url + "/there"), (answer.status, answer.head.get("Location")))
        cookie = curl("-k", tell + "?cookie").head.get("Set-Cookie")
        self.assertIn("; Secure", cookie)
        self.assertTrue(re.match(r"s=1; Path=/", cookie, re.I), cookie)
        self.assertFalse([line for line in proxy.log() if line.get("failure")])

    def many(self, url):
        """Requests one after the other on one connection."""
        answer = curl("-k", *[url] * 12)
        return "ok" if answer.code == 0 else answer.error

    def test_apache_with_cgi(self):
        self.check(old_services.Apache(), "buffer_uploads: 1MiB, rewrite: {}")

    def test_lighttpd(self):
        class Service(old_services.Lighttpd):
            script = "/cgi-bin/tell.sh"
        self.check(Service(), "rewrite: {}")

    def test_mini_httpd(self):
        # It ends small posts to its CGI without an answer, whoever sends them.
        self.check(old_services.MiniHttpd(), "version: http10, lenient_head: true, rewrite: {}", takes_posts=False)

    def test_busybox_httpd(self):
        self.check(old_services.BusyBox(), "version: http10, lenient_head: true, rewrite: {}")

    def test_pythons_http_server(self):
        self.check(old_services.PythonCgi(), "version: http10, lenient_head: true, rewrite: {}")

    def test_phps_built_in_server(self):
        self.check(old_services.Php(), "rewrite: {}")

    def test_perls_http_daemon(self):
        self.check(old_services.PerlDaemon(), "rewrite: {}")
