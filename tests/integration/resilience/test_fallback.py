"""Who answers when the service can't."""
import threading

from support import raw
from support.case import Case
from support.curl import curl
from support.metrics import Metrics
from support.ports import free_port
from support.wait import until

GET = raw.request()
FILTERS = "[{fallback: {chain: [{upstream: spare}, {static: {status: 203, body: fixed}}]}}, @inner@]"
CONFIG = """
version: 1
listeners:
  - address: "@listen@"
    timeouts: {request: 10s, backend_request: 300ms, body_idle: 400ms}
    filters: [{access_log: {}}]
    upstream: app
upstreams:
  app: {endpoints: ["@app@"], filters: %s}
  spare: {endpoints: ["@spare@"], filters: []}
status: {address: "@status@"}
""" % FILTERS
BREAKER = "{circuit_breaker: {min_requests: 3, open_for: 1m}}"


class Fallback(Case):
    def serve(self, *app, spare=(raw.answer("spare"),), inner="{retry: {num_retries: 0}}", config=CONFIG):
        """A proxy before a service that does `app` with each connection, and a spare one; without steps nobody is there."""
        self.app = self.start(raw.Peer([GET, *app])) if app else None
        self.spare = self.start(raw.Peer.answering(*spare)) if spare else None
        dead = f"127.0.0.1:{free_port()}"
        return self.proxy(config, app=self.app.address if app else dead,
                          spare=self.spare.address if spare else dead, inner=inner, wait_for=("listen", "status"))

    def test_whatever_the_service_does_the_spare_one_answers(self):
        for name, steps, cause in (
                ("dead", [], "connect_failed"),
                ("500", [raw.answer("no", "500 Internal Server Error"), raw.close()], "500"),
                ("reset", [raw.reset()], "upstream_reset"),
                ("hang", [raw.hang()], "upstream_timeout"),
                ("garbage", [raw.send("nonsense\r\n\r\n"), raw.close()], "upstream_bad_response")):
            with self.subTest(name):
                proxy = self.serve(*steps)
                answer = self.client(proxy).get()
                self.assertEqual((200, b"spare"), (answer.status, answer.body))
                self.assertIn(f'details="fallback to upstream spare after {cause}"', answer.get("Proxy-Status"))
                line = proxy.log()[0]
                self.assertIn(f"fallback to upstream spare after {cause}", line["why"])
                self.assertEqual(("spare", 200), (line["upstream"], line["status"]))

    def test_an_open_breaker_sends_requests_to_the_spare_one_and_spares_the_service(self):
        proxy = self.serve(raw.answer("no", "500 Internal Server Error"), raw.close(), inner=BREAKER)
        client = self.client(proxy)
        self.assertEqual([b"spare"] * 20, [client.get().body for _ in range(20)])
        self.assertEqual(3, len(self.app.requests))
        self.assertIn("after breaker_open", client.get().get("Proxy-Status"))

    def test_without_a_spare_one_the_text_of_the_file_answers_a_post_too(self):
        proxy = self.serve(raw.answer("no", "500 Internal Server Error"), raw.close(), spare=())
        client = self.client(proxy)
        answer = client.get()
        self.assertEqual((203, b"fixed"), (answer.status, answer.body))
        self.assertEqual(1, len([value for value in answer.all("Proxy-Status")]))
        post = client.request("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na")
        self.assertEqual((203, b"fixed"), (post.status, post.body))
        asked = lambda step, result: Metrics(proxy.address("status")).value(
            "outrigger_fallbacks_total", upstream="app", step=step, result=result)
        self.assertEqual([1, 1, 2], [asked("upstream spare", "failed"), asked("upstream spare", "passed_over"),
                                     asked("static", "answered")])

    def test_a_post_that_was_answered_does_not_go_to_the_spare_one(self):
        proxy = self.serve(raw.answer("no", "503 Service Unavailable"), raw.close())
        post = self.client(proxy).request("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\n\r\na")
        self.assertEqual((203, 0), (post.status, len(self.spare.requests)))

    def test_content_within_the_replay_window_goes_along_and_above_it_does_not(self):
        proxy = self.serve(raw.answer("no", "503 Service Unavailable"), raw.close())
        for size, served in ((60000, b"spare"), (300000, b"fixed")):
            with self.subTest(size):
                answer = self.client(proxy).request(
                    f"PUT / HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n\r\n" + "x" * size)
                self.assertEqual(served, answer.body)
        self.assertEqual([60000], [len(request.body) for request in self.spare.requests])

    def test_once_the_head_was_sent_there_is_no_fallback(self):
        for name, steps in (("close", [raw.close()]), ("reset", [raw.reset()]), ("hang", [raw.hang()])):
            with self.subTest(name):
                proxy = self.serve(raw.send("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc"), *steps)
                with self.assertRaises((EOFError, ConnectionError)):
                    self.client(proxy).get()
                self.assertEqual(0, len(self.spare.requests))

    def test_the_deadline_of_the_request_ends_all_steps_but_the_fixed_one(self):
        config = CONFIG.replace("request: 10s", "request: 400ms")
        proxy = self.serve(raw.hang(), spare=(raw.hang(),), config=config)
        answer = self.client(proxy).get()
        self.assertEqual((203, b"fixed"), (answer.status, answer.body))

    def test_it_works_in_a_listener_and_in_a_route(self):
        for name, config in (
                ("listener", CONFIG.replace("[{access_log: {}}]", "[{access_log: {}}, {fallback: {chain: [{upstream: spare}]}}]")),
                ("route", CONFIG.replace("upstream: app\nup", "routes: [{filters: [{rewrite: {path: {prefix: /, to: /in/}}}, "
                                         "{fallback: {chain: [{upstream: spare}]}}], upstream: app}]\nup"))):
            with self.subTest(name):
                proxy = self.serve(raw.answer("no", "503 Service Unavailable"), raw.close(),
                                   config=config.replace(FILTERS, "[]"))
                self.assertEqual(b"spare", self.client(proxy).get("/a").body)
                self.assertEqual("GET /in/a HTTP/1.1" if name == "route" else "GET /a HTTP/1.1",
                                 self.spare.requests[0].start)

    def test_a_client_of_http2_is_told_the_same(self):
        for spare, end in (((raw.answer("spare"),), "fallback to upstream spare after connect_failed"),
                           ((), "fallback to static after connect_failed")):
            with self.subTest(end):
                proxy = self.serve(spare=spare)
                answer = curl("--http2-prior-knowledge", f"http://127.0.0.1:{proxy.port()}/")
                self.assertIn(f'error=connection_refused; details="{end}"', answer.head.get("Proxy-Status"))

    def test_a_reload_may_change_the_steps_while_a_request_is_under_way(self):
        waiting = threading.Event()
        patient = CONFIG.replace("backend_request: 300ms, ", "")
        proxy = self.serve(raw.answer("no", "503 Service Unavailable"), raw.close(), config=patient)
        self.spare.scripts[:] = [[GET, raw.wait(waiting), raw.answer("spare"), raw.close()],
                                 [GET, raw.answer("spare"), raw.close()]]
        client = self.client(proxy).send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        until(lambda: self.spare.requests, "the request at the spare service")
        proxy.write(patient.replace("{upstream: spare}, ", ""))
        until(lambda: self.client(proxy).get().body == b"fixed", "the new steps")
        waiting.set()
        self.assertEqual(b"spare", client.response().body)
