"""Access decided by an authorisation server, through the real binary."""
import threading

from support import raw
from support.auth_server import AuthServer
from support.case import Case
from support.metrics import Metrics
from support.wait import PATIENCE

CONFIG = """
version: 1
listeners: [{address: "@listen@", filters: [{access_log: {}}, {ext_auth: {upstream: auth%s}}], upstream: app}]
upstreams:
  app: {endpoints: ["@app@"], filters: []}
  auth: {endpoints: ["@auth@"], filters: []}
status: "@status@"
"""
GOOD = "Authorization: Bearer good"


class ExtAuth(Case):
    def guarded(self, options="", decide=None, config=CONFIG):
        self.auth = self.start(AuthServer(decide))
        self.service = self.start(raw.Peer.answering())
        return self.proxy(config % (", " + options if options else ""), self.service, auth=self.auth.address,
                          wait_for=("listen", "status"))

    def results(self, proxy):
        metrics = Metrics(proxy.address("status"))
        return {result: int(metrics.value("outrigger_ext_auth_results_total", result=result))
                for result in ("allowed", "denied", "unavailable", "remembered")}

    def test_who_is_allowed_passes_and_the_service_learns_who_it_is(self):
        proxy = self.guarded("path: '/verify?x=1', headers_to_service: [X-User, X-Groups]")
        answer = self.client(proxy).request(
            "POST /orders?id=7 HTTP/1.1\r\nHost: shop.test\r\nAuthorization: Bearer good\r\nX-User: root\r\nX_Groups: root\r\n"
            "X-Forwarded-Uri: /public\r\nContent-Type: text/plain\r\nIf-None-Match: \"a\"\r\nContent-Length: 5\r\n\r\n12345")
        self.assertEqual((200, b"ok"), (answer.status, answer.body))
        self.assertNotIn("X-Secret", answer.names)
        question = self.auth.questions[0]
        self.assertEqual("/verify?x=1", question.path)
        asked = {name: question.get_all(name) for name in (
            "X-Forwarded-Method", "X-Forwarded-Uri", "X-Forwarded-Host", "X-Forwarded-Proto", "X-Forwarded-For",
            "Authorization", "Host", "X-User", "Content-Length", "Content-Type", "If-None-Match")}
        self.assertEqual({
            "X-Forwarded-Method": ["POST"], "X-Forwarded-Uri": ["/orders?id=7"], "X-Forwarded-Host": ["shop.test"],
            "X-Forwarded-Proto": ["http"], "X-Forwarded-For": ["127.0.0.1"], "Authorization": ["Bearer good"],
            "Host": ["shop.test"], "X-User": None, "Content-Length": None, "Content-Type": None,
            "If-None-Match": None}, asked)
        served = self.service.requests[0]
        self.assertEqual(("POST /orders?id=7 HTTP/1.1", b"12345"), (served.start, served.body))
        self.assertEqual((["alice"], ["staff", "admins"]), (served.all("X-User"), served.all("X-Groups")))
        self.assertNotIn("X_Groups", served.names)
        self.assertNotIn("X-Forwarded-Method", served.names)
        self.assertEqual({"allowed": 1, "denied": 0, "unavailable": 0, "remembered": 0}, self.results(proxy))

    def test_the_verdict_may_name_the_user_in_x_forwarded_user(self):
        proxy = self.guarded("headers_to_service: [X-Forwarded-User]", lambda question: (200, [("X-Forwarded-User", "alice")]))
        self.assertEqual(200, self.client(proxy).get("/", "X-Forwarded-User: root", "X-Forwarded-Email: root").status)
        served = self.service.requests[0]
        self.assertEqual((["alice"], []), (served.all("X-Forwarded-User"), served.all("X-Forwarded-Email")))

    def test_who_is_refused_gets_the_status_and_the_chosen_fields(self):
        login = [("Location", "https://login.test/"), ("Set-Cookie", "state=1"), ("Set-Cookie", "step=2"), ("X-Secret", "x")]
        by_cookie = {"a=1": (302, login), "a=2": 403, "a=3": (429, [("Retry-After", "7")])}
        proxy = self.guarded(decide=lambda question: by_cookie.get(question.get("Cookie")) or AuthServer.by_token(question))
        client = self.client(proxy)
        refused = client.get("/")
        self.assertEqual((401, ['Bearer realm="shop"'], []),
                         (refused.status, refused.all("WWW-Authenticate"), refused.all("X-Secret")))
        moved = client.get("/", "Cookie: a=1")
        self.assertEqual((302, ["https://login.test/"], ["state=1", "step=2"], []),
                         (moved.status, moved.all("Location"), moved.all("Set-Cookie"), moved.all("X-Secret")))
        self.assertNotIn(b"authorisation server", moved.body)
        self.assertEqual(403, client.get("/", "Cookie: a=2").status)
        slow_down = client.get("/", "Cookie: a=3")
        self.assertEqual((429, None), (slow_down.status, slow_down.get("Retry-After")))
        self.assertEqual([], self.service.requests)
        lines = proxy.log(4)
        self.assertEqual(["credentials_missing", "access_denied", "access_denied", "access_denied"],
                         [line["failure"] for line in lines])
        self.assertIn("the authorisation server answered 302", lines[1]["why"])
        self.assertIn("http_request_denied", moved.get("Proxy-Status"))
        self.assertEqual(4, self.results(proxy)["denied"])
        self.assertEqual(4, Metrics(proxy.address("status")).value(
            "outrigger_access_verdicts_total", filter="ext_auth", verdict="deny"))

    def test_without_a_verdict_access_is_closed(self):
        hangs = threading.Event()
        self.addCleanup(hangs.set)

        def decide(question):
            if question.get("X-Case") == "hangs":
                hangs.wait(PATIENCE)
            return {"fails": 500, "odd": 304}.get(question.get("X-Case"), 503)
        proxy = self.guarded("timeout: 200ms", decide)
        for case in ("hangs", "fails", "odd"):
            with self.subTest(case):
                answer = self.client(proxy).get("/", f"X-Case: {case}")
                self.assertEqual(503, answer.status)
        lines = proxy.log(3)
        self.assertEqual(["auth_unavailable"] * 3, [line["failure"] for line in lines])
        self.assertIn("gave no answer: the endpoint did not answer in time", lines[0]["why"])
        self.assertIn("the authorisation server answered 500", lines[1]["why"])
        self.assertEqual([], self.service.requests)
        self.assertEqual(3, self.results(proxy)["unavailable"])

    def test_a_server_that_is_away_closes_access_or_leaves_it_open(self):
        for options, status in (("", 503), ("fail_open: true", 200), ("mode: report", 200)):
            with self.subTest(options):
                proxy = self.guarded(options)
                self.auth.__exit__()
                self.assertEqual(status, self.client(proxy).get("/").status)
                why = proxy.log(1)[0]["why"]
                self.assertIn("the authorisation server gave no answer: the endpoint refused the connection", why)

    def test_report_lets_pass_what_would_be_refused(self):
        proxy = self.guarded("mode: report, headers_to_service: X-User")
        self.assertEqual(200, self.client(proxy).get("/", "X-User: root").status)
        self.assertNotIn("X-User", self.service.requests[0].names)
        self.assertIn("not enforced: the authorisation server answered 401", proxy.log(1)[0]["why"])

    def test_only_the_named_fields_are_sent(self):
        proxy = self.guarded("send_headers: [Authorization]")
        self.assertEqual(200, self.client(proxy).get("/", GOOD, "Cookie: a=1", "X-Other: 1").status)
        question = self.auth.questions[0]
        self.assertEqual((None, None, "Bearer good", "/"), (
            question.get("Cookie"), question.get("X-Other"), question.get("Authorization"), question.get("X-Forwarded-Uri")))
        self.assertEqual("a=1", self.service.requests[0].get("Cookie"))

    def test_equal_questions_are_asked_once(self):
        proxy = self.guarded("send_headers: Authorization, headers_to_service: X-User, cache: {ttl: 1h}")
        client = self.client(proxy)
        for _ in range(3):
            self.assertEqual(200, client.get("/a", GOOD, "X-Other: 1").status)
        for path, field in (("/b", GOOD), ("/a", "Authorization: Bearer bad"), ("/a", "Authorization: Bearer bad"),
                            ("/a", "X-Other: 1"), ("/b?x", GOOD)):
            client.get(path, field)
        self.assertEqual(["Bearer good", "Bearer good", "Bearer bad", None, "Bearer good"],
                         [question.get("Authorization") for question in self.auth.questions])
        self.assertEqual(["alice"] * 5, [request.get("X-User") for request in self.service.requests])
        self.assertEqual({"allowed": 3, "denied": 2, "unavailable": 0, "remembered": 3}, self.results(proxy))

    def test_a_verdict_that_says_so_is_not_remembered(self):
        fields = {"/a": [("Cache-Control", "no-store")], "/b": [("Set-Cookie", "session=2")]}
        proxy = self.guarded("cache: {ttl: 1h}", lambda question: (200, fields[question.get("X-Forwarded-Uri")]))
        for path in ("/a", "/a", "/b", "/b"):
            answer = self.client(proxy).get(path)
            self.assertEqual((200, "session=2" if path == "/b" else None), (answer.status, answer.get("Set-Cookie")))
        self.assertEqual(4, len(self.auth.questions))

    def test_no_verdict_is_never_remembered(self):
        statuses = [500, 200]
        proxy = self.guarded("cache: {ttl: 1h}", lambda _: statuses[len(self.auth.questions) - 1])
        self.assertEqual([503, 200], [self.client(proxy).get("/").status for _ in range(2)])

    def test_behind_a_cache_it_is_asked_by_the_fetch(self):
        config = CONFIG.replace("{ext_auth:", "{cache: {ttl: 1m}}, {ext_auth:")
        proxy = self.guarded(decide=lambda _: 200, config=config)
        self.assertEqual(200, self.client(proxy).get("/").status)
        self.assertEqual(1, len(self.auth.questions))
