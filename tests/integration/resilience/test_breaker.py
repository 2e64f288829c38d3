"""The circuit breaker's scopes, resets and what it counts, with real services."""
import json
import threading
import time
import urllib.error
import urllib.request

from support import raw
from support.case import Case
from support.metrics import Metrics
from support.wait import PATIENCE, until

CONFIG = """
version: 1
listeners: [{address: "@listen@", filters: [{access_log: {}}], @ends@}]
upstreams:
  app:
    endpoints: [@endpoints@]
    load_balancing: round_robin
    outlier: {consecutive_failures: 0}
    filters: [{circuit_breaker: {min_requests: 4, @options@}}]
status: {address: "@status@"}
admin: {address: "@admin@"}
"""
BAD = raw.answer("no", "500 Internal Server Error")
HEAD = raw.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc")  # and some content


class Moody:
    """A service that fails until it is told to be well."""

    def __init__(self):
        self.is_well = False
        self.peer = raw.Peer.answering(lambda talk: (raw.answer() if self.is_well else BAD)(talk))


class BreakerCase(Case):
    def serve(self, *services, options, ends="upstream: app", **more):
        endpoints = ", ".join(f'"{service.address}"' for service in services)
        self.running = self.proxy(CONFIG, endpoints=endpoints, options=options, ends=ends,
                                  wait_for=("listen", "status", "admin"), **more)
        return self.running

    def api(self, path, method="GET"):
        request = urllib.request.Request(f"http://{self.running.address('admin')}{path}", method=method)
        with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=20) as answer:
            return json.load(answer)

    def breakers(self):
        return {breaker["endpoint"] or breaker["route"]: breaker for breaker in self.api("/api/breakers")}

    def statuses(self, count, path="/"):
        with raw.Client(self.running.port()) as client:
            return [client.get(path).status for _ in range(count)]


class ByEndpoint(BreakerCase):
    def test_the_balancer_passes_over_an_endpoint_whose_breaker_is_open(self):
        good, bad = self.start(raw.Peer.answering()), self.start(raw.Peer.answering(BAD))
        proxy = self.serve(good, bad, options="scope: endpoint, open_for: 1m", workers=2)
        statuses = self.statuses(40)
        self.assertEqual((36, 4), (statuses.count(200), statuses.count(500)))
        self.assertEqual(4, len(bad.requests))
        self.assertEqual(("open", "closed"), tuple(self.breakers()[peer.address]["state"] for peer in (bad, good)))
        metrics = Metrics(proxy.address("status"))
        self.assertEqual(1, metrics.value("outrigger_breaker_endpoints", upstream="app", state="open"))
        self.assertEqual(1, metrics.value("outrigger_breaker_transitions_total", upstream="app", to="open"))
        until(lambda: f'"endpoint":"{bad.address}"' in proxy.stderr().replace(": ", ":"), "the log to name the endpoint")

    def test_when_all_are_open_requests_are_refused(self):
        bad = [self.start(raw.Peer.answering(BAD)) for _ in range(2)]
        proxy = self.serve(*bad, options="scope: endpoint, open_for: 1m")
        statuses = self.statuses(30)
        self.assertEqual([500] * 8 + [503] * 22, statuses)
        refused = self.client(proxy).get()
        self.assertIn("breaker_open", refused.get("Proxy-Status"))
        self.assertTrue(int(refused.get("Retry-After")) >= 1)
        self.assertEqual("breaker_open", proxy.log(31)[-1]["failure"])

    def test_an_endpoint_that_is_well_again_comes_back(self):
        moody = Moody()
        good, bad = self.start(raw.Peer.answering()), self.start(moody.peer)
        self.serve(good, bad, options="scope: endpoint, open_for: 100ms, max_open: 100ms, probes: 2")
        until(lambda: self.statuses(4) and self.breakers()[bad.address]["state"] == "open", "it to open")
        moody.is_well = True
        until(lambda: self.statuses(4) and self.breakers()[bad.address]["state"] == "closed", "it to close")
        self.assertEqual([200] * 20, self.statuses(20))

    def test_the_api_forces_and_resets_one_endpoint_and_a_reload_keeps_it(self):
        one, two = self.start(raw.Peer.answering()), self.start(raw.Peer.answering())
        proxy = self.serve(one, two, options="scope: endpoint", workers=2)
        self.assertEqual({200}, set(self.statuses(4)))
        self.assertEqual("open", self.api(f"/api/breakers/app/{one.address}/open", "POST")["forced"])
        before = len(one.requests)
        self.assertEqual([200] * 20, self.statuses(20))
        proxy.write(CONFIG.replace("round_robin", "random"))  # the upstream is made anew, its filters stay as they are
        self.assertTrue(self.api("/api/reload", "POST")["ok"])
        self.assertEqual("open", self.breakers()[one.address]["state"])
        self.assertEqual([200] * 20, self.statuses(20))
        self.assertEqual(before, len(one.requests))
        self.api(f"/api/breakers/app/{one.address}/automatic", "POST")
        self.assertEqual(("closed", "automatic"), tuple(self.breakers()[one.address][key] for key in ("state", "forced")))
        until(lambda: self.statuses(4) and len(one.requests) > before, "requests to it again")
        with self.assertRaises(urllib.error.HTTPError):
            self.api("/api/breakers/app/10.0.0.1:1/open", "POST")

    def test_one_that_was_forced_open_stays_so_though_the_endpoint_leaves_and_comes_back(self):
        one, two = self.start(raw.Peer.answering()), self.start(raw.Peer.answering())
        proxy = self.serve(one, two, options="scope: endpoint", workers=2)
        self.api(f"/api/breakers/app/{one.address}/open", "POST")
        for endpoints in (f'["{two.address}"]', "[@endpoints@]"):
            proxy.write(CONFIG.replace("[@endpoints@]", endpoints))
            self.assertTrue(self.api("/api/reload", "POST")["ok"])
        self.assertEqual([200] * 20, self.statuses(20))
        self.assertEqual(0, len(one.requests))
        self.assertEqual(("open", "open"), tuple(self.breakers()[one.address][key] for key in ("state", "forced")))

    def test_an_answer_that_breaks_off_counts(self):
        good = self.start(raw.Peer.answering())
        bad = self.start(raw.Peer([raw.request(), raw.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), raw.close()]))
        self.serve(good, bad, options="scope: endpoint, open_for: 1m")

        def outcome():
            try:
                return self.statuses(1)[0]
            except (EOFError, ConnectionError):
                return "cut"
        outcomes = [outcome() for _ in range(30)]
        self.assertEqual(4, outcomes.count("cut"))
        self.assertEqual("open", self.breakers()[bad.address]["state"])


class BrokenOff(BreakerCase):
    """Answers whose head is good, and whose content ends before its end."""
    def outcome(self):
        try:
            return self.statuses(1)[0]
        except (EOFError, ConnectionError):
            return "cut"

    def test_it_counts_for_the_upstream_and_for_a_route(self):
        for scope in ("upstream", "route"):
            for name, end in (("reset", raw.reset()), ("truncation", raw.close()), ("silence", raw.hang())):
                with self.subTest(name, scope=scope):
                    service = self.start(raw.Peer([raw.request(), HEAD, end]))
                    self.serve(service, options=f"scope: {scope}, open_for: 1m",
                               ends="timeouts: {body_idle: 100ms}, routes: [{name: all, upstream: app}]")
                    self.assertEqual(["cut"] * 4 + [503] * 3, [self.outcome() for _ in range(7)])
                    self.assertEqual(4, len(service.requests))
                    self.assertEqual("4 of 4 requests failed within 10s", self.breakers()["all" if scope == "route" else ""]["reason"])

    def leave(self, service, path="/"):
        """A client that takes what comes with the head, and leaves."""
        before = len(service.requests)
        with raw.Client(self.running.port()) as client:
            client.send(f"GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")
            until(lambda: len(service.requests) > before, "the request")
            client.socket.recv(100)

    def active(self):
        return sum(endpoint["active_requests"] for endpoint in self.api("/api/upstreams")[0]["endpoints"])

    def test_a_client_that_leaves_while_the_answer_stalls_says_nothing(self):
        for scope in ("upstream", "endpoint"):
            with self.subTest(scope):
                service = self.start(raw.Peer([raw.request(), HEAD, raw.hang()]))
                self.serve(service, options=f"scope: {scope}, open_for: 1m", ends="upstream: app")
                for _ in range(6):
                    self.leave(service)
                until(lambda: self.active() == 0, "the ends of all")
                breaker = self.breakers()[service.address if scope == "endpoint" else ""]
                self.assertEqual(("closed", 0, 0), tuple(breaker[key] for key in ("state", "requests", "failures")))

    def test_content_that_came_until_the_client_held_it_up_counts_as_good(self):
        def send_until_held_up(talk):
            talk.socket.settimeout(1)
            try:
                while True:
                    talk.socket.send(b"x" * 65536)
            except TimeoutError:
                held_up.set()

        head = raw.send("HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n")
        for scope in ("upstream", "endpoint"):
            with self.subTest(scope):
                held_up = threading.Event()
                service = self.start(raw.Peer([raw.request(), head, send_until_held_up, raw.hang()]))
                self.serve(service, options=f"scope: {scope}, open_for: 1m", ends="upstream: app")
                with raw.Client(self.running.port()) as client:
                    client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                    self.assertTrue(held_up.wait(PATIENCE))
                name = service.address if scope == "endpoint" else ""
                until(lambda name=name: self.breakers()[name]["requests"] == 1, "the answer to count")
                self.assertEqual(0, self.breakers()[name]["failures"])

    def test_probes_whose_clients_left_do_not_close_it(self):
        for scope in ("upstream", "endpoint"):
            with self.subTest(scope):
                def answer(talk):
                    step = {"/bad": BAD, "/stall": HEAD}.get(talk.peer.requests[-1].start.split()[1], raw.answer())
                    step(talk)
                service = self.start(raw.Peer.answering(answer))
                self.serve(service, options=f"scope: {scope}, open_for: 50ms, max_open: 50ms, probes: 2", ends="upstream: app")
                state = lambda: self.breakers()[service.address if scope == "endpoint" else ""]["state"]
                self.assertEqual([500] * 4, self.statuses(4, "/bad"))
                until(lambda: self.leave_or_refused(service), "the first probe")
                for _ in range(4):
                    until(lambda: self.active() == 0, "the end of the one before")
                    self.leave(service, "/stall")
                until(lambda: self.active() == 0, "the ends of all")
                self.assertEqual("half_open", state())
                self.assertEqual([200] * 2, self.statuses(2))
                self.assertEqual("closed", state())

    def leave_or_refused(self, service):
        before = len(service.requests)
        with raw.Client(self.running.port()) as client:
            client.send("GET /stall HTTP/1.1\r\nHost: a\r\n\r\n")
            client.socket.recv(100)
        return len(service.requests) > before

    def test_a_probe_that_flows_on_does_not_keep_it_half_open_where_the_others_are_over(self):
        def answer(talk):
            step = {"/bad": BAD, "/flow": HEAD}.get(talk.peer.requests[-1].start.split()[1], raw.answer())
            step(talk)
        service = self.start(raw.Peer.answering(answer))
        self.serve(service, options="open_for: 50ms, max_open: 50ms, probes: 2", ends="upstream: app")
        self.assertEqual([500] * 4, self.statuses(4, "/bad"))
        until(lambda: self.statuses(1) == [200], "the first probe")
        with raw.Client(self.running.port()) as client:
            client.send("GET /flow HTTP/1.1\r\nHost: a\r\n\r\n")
            self.assertIn(b"200", client.socket.recv(100))
            until(lambda: self.statuses(1) == [200], "others to pass")
            self.assertEqual("closed", self.breakers()[""]["state"])

    def test_probes_that_break_off_open_it_again(self):
        service = self.start(raw.Peer([raw.request(), HEAD, raw.close()]))
        self.serve(service, options="open_for: 50ms, max_open: 50ms, probes: 1", ends="upstream: app")
        until(lambda: self.outcome() == 503, "it to open")
        self.assertNotIn("closed", {self.outcome() and self.breakers()[""]["state"] for _ in range(30)})


class Uploads(BreakerCase):
    def test_the_time_of_a_slow_upload_is_not_the_service_s(self):
        def upload():
            with raw.Client(self.running.port()) as client:
                client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nab")
                time.sleep(2.1)
                client.send("c")
                self.assertEqual(200, client.response().status)

        for scope in ("upstream", "endpoint"):
            with self.subTest(scope):
                service = self.start(raw.Peer.answering())
                self.serve(service, options=f"scope: {scope}, slow_call: {{over: 2s, rate: 100%}}, open_for: 1m")
                clients = [threading.Thread(target=upload) for _ in range(4)]
                for client in clients:
                    client.start()
                for client in clients:
                    client.join()
                breaker = self.breakers()[service.address if scope == "endpoint" else ""]
                self.assertEqual((4, 0), (breaker["requests"], breaker["slow"]))

    def test_a_client_that_was_told_to_go_on_and_does_not_is_the_one_who_is_late(self):
        service = self.start(raw.Peer([raw.head(), raw.send("HTTP/1.1 100 Continue\r\n\r\n"), raw.hang()]))
        self.serve(service, options="failures: timeout, open_for: 1m", ends="timeouts: {request: 300ms}, upstream: app")
        for _ in range(5):
            with raw.Client(self.running.port()) as client:
                client.send("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n")
                self.assertEqual(408, client.response().status)
        self.assertEqual(0, self.breakers()[""]["failures"])

    def test_a_service_that_stops_reading_fails_as_a_timeout(self):
        end = threading.Event()
        self.addCleanup(end.set)
        service = self.start(raw.Peer([raw.wait(end)]))
        self.serve(service, options="failures: timeout, open_for: 1m", ends="timeouts: {body_idle: 100ms}, upstream: app")
        body = "x" * 16_000_000  # more than socket buffers hold

        def status():
            with raw.Client(self.running.port()) as client:
                try:
                    client.send(f"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: {len(body)}\r\n\r\n{body}")
                except ConnectionError:
                    pass  # answered before all of it was sent
                return client.response().status
        self.assertEqual([504] * 4 + [503], [status() for _ in range(5)])
        self.assertEqual({"upstream_write_timeout"}, {line["failure"] for line in self.running.log(5)[:4]})


class ByRoute(BreakerCase):
    def test_the_failures_of_one_route_do_not_close_the_other(self):
        def answer(talk):
            message = talk.peer.requests[-1]
            (BAD if message.start.startswith("GET /bad") else raw.answer())(talk)
        service = self.start(raw.Peer.answering(answer))
        self.serve(service, options="scope: route, open_for: 1m",
                   ends="routes: [{name: bad, match: {path: {prefix: /bad}}, upstream: app}, {name: good, upstream: app}]")
        self.assertEqual([500] * 4 + [503] * 6, self.statuses(10, "/bad"))
        self.assertEqual([200] * 10, self.statuses(10, "/good"))
        self.assertEqual(("open", "closed"), tuple(self.breakers()[route]["state"] for route in ("bad", "good")))

    def test_a_reload_keeps_those_of_the_routes_that_the_file_still_has(self):
        service = self.start(raw.Peer.answering(BAD))
        routes = {name: f"{{name: {name}, match: {{path: {{prefix: /{name}}}}}, upstream: app}}" for name in ("bad", "gone")}
        rest = "{match: {path: {prefix: /unnamed}}, upstream: app}, {name: rest, upstream: app}"
        ends = lambda *names: f"name: web, routes: [{rest}{''.join(', ' + routes[name] for name in names)}]"
        proxy = self.serve(service, options="scope: route, window: 1h, open_for: 1m", ends=ends("bad", "gone"), workers=2)
        for path in ("/bad", "/gone", "/unnamed"):
            self.assertEqual([500] * 4 + [503], self.statuses(5, path))
        self.assertEqual([500] * 2, self.statuses(2))

        def reload(*names):
            proxy.values["ends"] = ends(*names)
            proxy.write(CONFIG)
            self.assertTrue(self.api("/api/reload", "POST")["ok"])
            return {route: breaker["state"] for route, breaker in self.breakers().items()}
        kept = {"bad": "open", "web.routes[0]": "open", "rest": "closed"}
        for _ in range(3):  # also where no request asks between two of them
            self.assertEqual(kept, reload("bad"))
        before = len(service.requests)
        self.assertEqual([503] * 4, self.statuses(2, "/bad") + self.statuses(2, "/unnamed"))
        self.assertEqual(before, len(service.requests))
        self.assertEqual([500] * 2 + [503], self.statuses(3))  # two were counted before

        self.api("/api/breakers/app/closed", "POST")
        self.assertEqual({route: "closed" for route in kept}, reload("bad", "gone"))
        self.assertEqual({"closed"}, {breaker["forced"] for breaker in self.breakers().values()})
        self.assertEqual([500] * 6, self.statuses(6, "/bad"))
        self.assertEqual([500] * 4 + [503], self.statuses(5, "/gone"))  # a new one, that nobody forced


class Rules(BreakerCase):
    def test_a_manual_one_stays_open_until_an_operator_resets_it(self):
        moody = Moody()
        self.serve(self.start(moody.peer), options="reset: manual, open_for: 1ms, max_open: 1ms")
        self.assertEqual([500] * 4 + [503] * 20, self.statuses(24))
        moody.is_well = True
        self.assertEqual([503] * 5, self.statuses(5))
        self.api("/api/breakers/app/automatic", "POST")
        self.assertEqual([200] * 5, self.statuses(5))
        self.assertEqual("closed", self.breakers()[""]["state"])

    def test_an_operator_forces_it_open_and_closed(self):
        moody = Moody()
        moody.is_well = True
        service = self.start(moody.peer)
        proxy = self.serve(service, options="open_for: 1ms, max_open: 1ms", workers=2)
        state = lambda: tuple(self.breakers()[""][key] for key in ("state", "forced", "reason"))
        until(self.breakers, "a worker to have it")
        self.assertEqual({"upstream": "app", "endpoint": "", "forced": "open"}, self.api("/api/breakers/app/open", "POST"))
        self.assertEqual([503] * 10, self.statuses(10))  # well as the service is, and however long ago
        self.assertEqual(0, len(service.requests))
        self.assertEqual(("open", "open", "an operator opened it"), state())
        self.assertEqual(1, Metrics(proxy.address("status")).value("outrigger_breaker_state", upstream="app"))
        self.api("/api/breakers/app/closed", "POST")
        moody.is_well = False
        self.assertEqual([500] * 20, self.statuses(20))  # ill as it is
        self.assertEqual(("closed", "closed", "an operator closed it"), state())
        self.api("/api/breakers/app/automatic", "POST")
        self.assertEqual([500] * 4, self.statuses(4))
        until(lambda: state()[:2] == ("open", "automatic"), "it to open by itself")
        for wrong in ("/api/breakers/ap/open", "/api/breakers/app/opened"):
            with self.assertRaises(urllib.error.HTTPError):
                self.api(wrong, "POST")

    def test_slow_answers_open_it(self):
        service = self.start(raw.Peer.answering(lambda talk: time.sleep(0.05), raw.answer()))
        self.serve(service, options="slow_call: {over: 20ms, rate: 100%}, open_for: 1m")
        self.assertEqual([200] * 4 + [503] * 6, self.statuses(10))
        self.assertEqual("4 of 4 requests were slow within 10s", self.breakers()[""]["reason"])

    def test_a_service_that_hangs_opens_it_though_only_the_deadline_of_the_request_is_set(self):
        service = self.start(raw.Peer([raw.request(), raw.hang()]))
        proxy = self.proxy("""
version: 1
listeners: [{address: "@listen@", timeouts: {request: 200ms}, upstream: app}]
upstreams: {app: {endpoints: ["@app@"], filters: [{circuit_breaker: {min_requests: 2, open_for: 1m}}]}}
""", service)
        self.assertEqual([504, 504, 503], [self.client(proxy).get().status for _ in range(3)])
