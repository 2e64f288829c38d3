"""Kept connections to the service: when they are used again, when not, and what a reload leaves of them."""
from support import raw
from support.case import BARE, PLAIN, Case
from support.metrics import Metrics
from support.wait import until

GET = raw.request()
POST = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na"
RELOADED = """
version: 1
listeners: [{address: "@listen@", routes: [{match: {path: {exact: /version}}, respond: {body: "VERSION"}}, {upstream: app}]}]
upstreams: {app: {endpoints: [ENDPOINTS], filters: []}}
"""


class Pool(Case):
    def test_a_connection_to_the_service_is_used_again(self):
        service = self.start(raw.Peer.answering())
        proxy = self.proxy(BARE, service)
        for _ in range(10):
            self.assertEqual(200, self.client(proxy).get().status)
        self.assertEqual(1, service.connections)

    def test_a_kept_connection_that_the_service_closes_is_no_error(self):
        service = self.start(raw.Peer([GET, raw.answer(), raw.close()]))
        client = self.client(self.proxy(BARE, service))
        self.assertEqual([200] * 50, [client.get().status for _ in range(50)])

    def test_a_request_that_may_be_repeated_is_sent_again_when_its_kept_connection_dies(self):
        for name, request in (("GET", "GET / HTTP/1.1\r\nHost: a\r\n\r\n"),
                              ("PUT with a body", "PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc"),
                              ("POST with a key", POST.replace("Host: a", "Host: a\r\nIdempotency-Key: k"))):
            for config in (BARE, PLAIN):
                with self.subTest(name, config=config):
                    service = self.start(raw.Peer([GET, raw.answer(), GET, raw.reset()], [GET, raw.answer(), raw.read_to_end()]))
                    client = self.client(self.proxy(config, service))
                    self.assertEqual([200, 200], [client.get().status, client.request(request).status])
                    self.assertEqual(service.requests[1].body, service.requests[2].body)

    def test_a_kept_connection_that_dies_under_a_post_is_502(self):
        service = self.start(raw.Peer([GET, raw.answer(), GET, raw.reset()], [GET, raw.answer(), raw.read_to_end()]))
        client = self.client(self.proxy(PLAIN, service))
        self.assertEqual([200, 502], [client.request(POST).status for _ in range(2)])
        self.assertEqual(2, len(service.requests))

    def test_a_post_is_not_sent_on_a_connection_that_is_closed_already(self):
        service = self.start(raw.Peer([GET, raw.answer(), raw.close()]))
        client = self.client(self.proxy(BARE, service))
        for _ in range(30):
            self.assertEqual(200, client.request(POST).status)
            until(lambda: service.open == 0, "the service to close")

    def test_a_kept_connection_that_answered_something_is_not_sent_again(self):
        service = self.start(raw.Peer([GET, raw.answer(), GET, raw.send("HTTP/1.1 200 O"), raw.close()]))
        client = self.client(self.proxy(BARE, service))
        self.assertEqual([200, 502], [client.get().status for _ in range(2)])
        self.assertEqual(2, len(service.requests))

    def test_bytes_behind_a_response_poison_the_connection(self):
        good = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
        evil = "HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil"
        service = self.start(raw.Peer([GET, raw.send(good + evil), raw.read_to_end()]))
        client = self.client(self.proxy(BARE, service))
        for _ in range(3):
            self.assertEqual(b"ok", client.get().body)

    def test_an_idle_connection_ends_after_timeouts_idle(self):
        service = self.start(raw.Peer([GET, raw.answer(), raw.read_to_end()]))
        client = self.client(self.proxy(BARE.replace("filters: []", "filters: [], timeouts: {idle: 50ms}"), service))
        self.assertEqual(200, client.get().status)
        until(lambda: service.leftovers, "the proxy to close its connection")
        self.assertEqual(200, client.get().status)
        self.assertEqual(2, service.connections)

    def test_metrics_tell_opened_kept_and_used_again(self):
        service = self.start(raw.Peer.answering())
        proxy = self.proxy(BARE + 'status: {address: "@status@"}\n', service, wait_for=("listen", "status"))
        client = self.client(proxy)
        for _ in range(10):
            client.get()
        until(lambda: Metrics(proxy.address("status")).value("outrigger_upstream_connections_idle", upstream="app") == 1,
              "the connection to go back to its pool")
        now = Metrics(proxy.address("status"))
        for name, value in (("connections_opened_total", 1), ("connections_reused_total", 9), ("connections_open", 1), ("requests_in_flight", 0), ("endpoints", 1),
                            ("connect_duration_seconds_count", 1), ("try_duration_seconds_count", 10)):
            self.assertEqual(value, now.value(f"outrigger_upstream_{name}", upstream="app"), name)
        self.assertEqual(10, now.value("outrigger_upstream_tries_total", upstream="app", result="2xx"))


class Reloads(Case):
    def serve(self, *services):
        self.served = self.proxy(self.text(1, *services))
        self.gets = self.client(self.served)

    def text(self, version, *services):
        endpoints = ", ".join(f'"{service.address}"' for service in services)
        return RELOADED.replace("VERSION", str(version)).replace("ENDPOINTS", endpoints)

    def reload(self, version, *services):
        self.served.write(self.text(version, *services))
        until(lambda: self.gets.get("/version").body == b"%d" % version, f"version {version}")

    def test_the_pool_of_an_unchanged_upstream_goes_on(self):
        service = self.start(raw.Peer.answering())
        self.serve(service)
        self.gets.get()
        self.reload(2, service)
        self.gets.get()
        self.assertEqual(1, service.connections)

    def test_endpoints_that_stay_keep_their_connections_and_those_that_go_lose_them(self):
        staying = self.start(raw.Peer.answering())
        leaving = self.start(raw.Peer.answering())
        self.serve(staying, leaving)
        until(lambda: self.gets.get() and staying.requests and leaving.requests, "both to be used")
        self.reload(2, staying)
        until(lambda: leaving.open == 0, "the connection to the removed endpoint to close")
        for _ in range(5):
            self.assertEqual(200, self.gets.get().status)
        self.assertEqual(1, staying.connections)
