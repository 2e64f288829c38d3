"""The dashboard of the admin address: the page as it is sent, and what a real browser shows of it."""
import json
import re
import time

from support.browser import Browser, needs_browser
from support.case import Case
from support.curl import curl
from support.outrigger import ROOT
from support.ports import free_port
from support.raw import Client, Peer, answer
from support.wait import until

FILES = ROOT / "src/server/admin/dashboard"
POLICY = {"default-src 'none'", "script-src 'self'", "style-src 'self'", "connect-src 'self'", "img-src 'self' data:",
          "frame-ancestors 'none'", "base-uri 'none'", "form-action 'none'"}
TYPES = {".html": "text/html; charset=utf-8", ".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8"}
CONFIG = """\
version: 1
listeners:
  - name: web
    address: "@listen@"
    filters: [{request_id: {}}, {access: {rules: [{deny: {path: {prefix: /secret}}}, {allow: {}}]}}]
    routes:
      - {name: cached, match: {path: {prefix: /cached}}, filters: [{cache: {ttl: 1h}}], upstream: steady}
      - {name: fine, match: {path: {prefix: /fine}}, respond: {body: fine}}
      - {name: all, upstream: app}
upstreams:
  app:
    endpoints: ["@app@"]
    filters:
      - retry: {num_retries: 1, backoff: {base: 1ms, max: 2ms}}
      - circuit_breaker: {min_requests: 10000}
  steady: {endpoints: ["@steady@"], filters: []}
admin: {address: "@listen_admin@", requests: {slower_than: 0s, sample: 0%}TOKEN}
"""
HOSTILE = "<img src=x onerror=document.title='taken'>"


class Served(Case):
    def setUp(self):
        self.app = self.start(Peer.answering(answer("no", "503 Service Unavailable")))
        self.steady = self.start(Peer.answering(answer("yes")))

    def serve(self, token="", **options):
        config = CONFIG.replace("TOKEN", ", token: \"env:ADMIN_TOKEN\"" if token else "")
        self.served = self.proxy(config, self.app, steady=self.steady.address, environment={"ADMIN_TOKEN": token}, **options)
        self.url = f"http://{self.served.address('listen_admin')}/"
        return self.served

    def curl(self, path="", *arguments):
        return curl(*arguments, self.url + path)


class Page(Served):
    def setUp(self):
        super().setUp()
        self.serve()

    def paths(self):
        return {("" if file.name == "index.html" else f"dashboard/{file.name}"): file for file in sorted(FILES.iterdir())}

    def test_each_file_is_sent_as_it_is_with_a_policy_that_lets_nothing_else_in(self):
        for path, file in self.paths().items():
            with self.subTest(path):
                got = self.curl(path)
                self.assertEqual((200, file.read_bytes()), (got.status, got.body))
                self.assertEqual(TYPES[file.suffix], got.head.get("Content-Type"))
                self.assertEqual(POLICY, set(got.head.get("Content-Security-Policy").split("; ")))
                self.assertEqual(["nosniff", "no-referrer", "no-store"],
                                 [got.head.get(name) for name in ("X-Content-Type-Options", "Referrer-Policy", "Cache-Control")])
        for path in ("dashboard/", "dashboard/index.html", "dashboard/none.js", "index.html"):
            self.assertEqual(404, self.curl(path).status, path)

    def test_head_is_answered_and_other_methods_are_not(self):
        client = self.enterContext(Client(self.served.port("listen_admin")))
        head = client.request("HEAD / HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.assertEqual((200, str(len((FILES / "index.html").read_bytes()))), (head.status, head.get("Content-Length")))
        for path in ("", "dashboard/dashboard.js"):
            for method in ("POST", "PUT", "DELETE", "OPTIONS"):
                got = self.curl(path, "-X", method)
                self.assertEqual((405, "GET, HEAD"), (got.status, got.head.get("Allow")), f"{method} {path}")

    def test_a_link_leads_to_the_page_and_nothing_of_another_site_beyond_it(self):
        visit = ("Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: navigate", "Sec-Fetch-Dest: document")
        rows = [("typed", "", ("Sec-Fetch-Site: none", *visit[1:]), 200),
                ("a link of another site", "", visit, 200),
                ("its script", "", ("Sec-Fetch-Site: cross-site", "Sec-Fetch-Mode: no-cors", "Sec-Fetch-Dest: script"), 403),
                ("its frame", "", (*visit[:2], "Sec-Fetch-Dest: iframe"), 403),
                ("its form", "", (*visit, "Origin: https://evil.example"), 403),
                ("a link to a file of the page", "dashboard/dashboard.js", visit, 403),
                ("a link to a call", "api/info", visit, 403),
                ("the page's own call", "api/info", ("Sec-Fetch-Site: same-origin", "Sec-Fetch-Mode: cors"), 200),
                ("a name that may lead anywhere", "", ("Host: evil.example",), 403)]
        for name, path, fields, status in rows:
            with self.subTest(name):
                self.assertEqual(status, self.curl(path, *(word for field in fields for word in ("-H", field))).status)

    def test_every_call_that_the_page_makes_is_there(self):
        listed = {line.split()[1] for line in self.curl("api").body.decode().splitlines() if line.startswith(("GET ", "POST "))}
        made = {f"/{path}" for file in FILES.glob("*.js") for path in re.findall(r"[\"`](api/[a-z/-]*)", file.read_text())}
        self.assertLessEqual({"/api/info", "/api/metrics", "/api/requests/", "/api/breakers/", "/api/tap"}, made)
        self.assertEqual(set(), made - listed)

    def test_the_page_needs_nothing_from_outside_and_takes_no_text_for_markup(self):
        for file in FILES.iterdir():
            text = file.read_text()
            self.assertEqual([], re.findall(r"https?://|//[a-z]+\.", text.replace("://${", "")), file.name)
            for word in ("innerHTML", "outerHTML", "insertAdjacentHTML", "setHTML", "createContextualFragment", "document.write", "eval(", "Function(", " style=", " on\\w+=\""):
                self.assertNotRegex(text, re.escape(word) if "\\" not in word else word, file.name)

    def test_info_says_why_it_is_not_ready(self):
        self.assertEqual("", json.loads(self.curl("api/info").body)["not_ready"])
        self.curl("api/drain", "-X", "POST")
        self.assertIn(json.loads(self.curl("api/info").body)["not_ready"], ("not_ready\n", "draining\n", "drained\n"))


class WithToken(Served):
    def test_the_page_is_sent_without_the_token_and_tells_nothing(self):
        self.serve(token="s3cret")
        for path, file in (("", "index.html"), ("dashboard/dashboard.js", "dashboard.js")):
            got = self.curl(path)
            self.assertEqual((200, (FILES / file).read_bytes()), (got.status, got.body))
        for path in ("api", "api/info", "api/requests", "api/metrics"):
            self.assertEqual(401, self.curl(path).status, path)


@needs_browser
class Shown(Served):
    @classmethod
    def setUpClass(cls):
        cls.browser = cls.enterClassContext(Browser())

    def open(self, anchor="", **options):
        self.serve(**options)
        self.browser.open(self.url + anchor)
        self.browser.until_text("#state", "ready")
        self.downstream = self.client(self.served)

    def get(self, path, times=1):
        for _ in range(times):
            got = self.downstream.get(path)
        return got

    def tearDown(self):
        if self._outcome.success:
            self.assertEqual([], self.browser.complaints())

    def test_the_overview(self):
        self.open()
        facts = self.browser.until_text("#process", "version", "up ", "configuration 1", "1 worker")
        self.assertIn(str(self.served.file), facts)
        self.assertEqual("ready · Outrigger", self.browser.driver.title)
        self.get("/fine", 40)
        self.get("/x", 10)
        figures = self.browser.until_text("#figures", "requests/s", "2xx", "failures/s", "p50", "p99", "connections", "MiB")
        self.browser.until_text("#figures .bad", "5xx")
        self.assertNotIn("NaN", figures)
        self.browser.until_text("#upstreams", "app", self.app.address, "not checked", "breaker closed", "20 of 20 failed")
        self.assertEqual([], self.browser.all(".alarm, #problems strong"))
        self.browser.click("#show-config")
        self.browser.until_text("#config", "num_retries: 1", f"{self.served.file}:15")
        self.browser.click("#config button", "Close")

    def test_it_says_why_the_process_is_not_ready(self):
        config = CONFIG.replace("TOKEN", "").replace("{request_id: {}}", '{jwt: {issuer: i, audience: a, jwks: "http://@keys@/keys"}}')
        served = self.proxy(config, self.app, steady=self.steady.address, keys=f"127.0.0.1:{free_port()}")
        self.browser.open(f"http://{served.address('listen_admin')}/")
        self.browser.until_text("#state", "not ready: requests are refused without")
        self.browser.until_text("#problems strong", f"refused without http://{served.address('keys')}/keys", "Connection refused")

    def test_a_failed_request_appears_and_tells_why(self):
        self.open()
        got = self.get("/broken?a=1")
        self.browser.until_text("#requests", "/broken?a=1", "503", "after 503")
        self.browser.click("#requests button", "/broken")
        why = self.browser.until_text("#why", "GET http://test/broken?a=1", got.get("X-Request-Id"))
        line = next(number for number, text in enumerate(CONFIG.splitlines(), 1) if "retry:" in text)
        for words in ("web › all › app", "503", f"{self.served.file}:{line}", "circuit_breaker", "Tries", self.app.address, "after 503"):
            self.assertIn(words, why)
        self.assertEqual(2, len(self.browser.all("#why table:nth-of-type(2) tbody tr")), "tries")
        self.assertIn(got.get("X-Request-Id"), self.browser.driver.current_url)
        from selenium.webdriver.common.keys import Keys
        self.browser.driver.switch_to.active_element.send_keys(Keys.ESCAPE)
        self.browser.until_gone("#why")
        self.browser.element("#requests button", "/broken").send_keys(Keys.ENTER)
        self.browser.until_text("#why", "/broken?a=1")
        self.browser.click("#why button", "Close")
        self.browser.until_gone("#why")

    def test_a_link_opens_one_request_and_an_id_finds_it(self):
        self.serve()
        self.downstream = self.client(self.served)
        request_id = self.get("/linked").get("X-Request-Id")
        self.browser.open(f"{self.url}#{request_id}")
        self.browser.until_text("#why", "/linked", request_id)
        self.browser.click("#why button", "Close")
        self.browser.element("#filter [name=id]").clear()
        self.browser.element("#filter [name=id]").send_keys("nobody-has-it\n")
        self.browser.until_text("#id-says", "no such request is kept")

    def test_the_list_shows_what_is_asked_for_the_latest_first(self):
        self.open()
        for path in ("/a", "/secret", "/b"):
            self.get(path)
        requests = lambda: [text.split("/")[-1] for text in self.browser.all("#requests .request")]
        until(lambda: requests() == ["b", "secret", "a"], "all of them")
        self.browser.choose("#filter [name=kind]", "refused")
        until(lambda: requests() == ["secret"], "what was refused")
        self.browser.choose("#filter [name=kind]", "all kept")
        self.browser.element("#filter [name=status]").send_keys("5xx")
        until(lambda: requests() == ["b", "a"], "what failed")
        self.browser.element("#filter [name=path]").send_keys("a")
        until(lambda: requests() == ["a"], "what has the path")
        self.browser.element("#filter [name=status]").send_keys("z")
        self.browser.until_text("#filter-says", "is not understood")
        self.assertEqual([], self.browser.all("#gone"))

    def test_hostile_text_stays_text(self):
        self.open()
        escaped = HOSTILE.replace(" ", "%20").replace("<", "%3C").replace(">", "%3E")
        self.get(f"/{escaped}")
        self.browser.until_text("#requests", f"/{escaped}")
        self.browser.click("#requests button", escaped)
        self.browser.until_text("#why", escaped)
        self.browser.click("#why button", "Close")
        self.served.write(CONFIG.replace("TOKEN", "") + f"\"{HOSTILE}\": 1\n")
        self.browser.until_text("#reload", HOSTILE)
        self.browser.element("#filter [name=status]").send_keys(HOSTILE)
        self.browser.until_text("#filter-says", HOSTILE.replace(" ", ""), "is not understood")  # what the API says of it
        self.assertEqual(0, self.browser.script("return document.querySelectorAll('img, iframe, body script').length"))
        self.assertNotIn("taken", self.browser.driver.title)

    def test_a_failed_reload_is_red_with_every_error_until_a_good_one(self):
        self.open()
        good = CONFIG.replace("TOKEN", "")
        self.served.write(good.replace("num_retries", "num_retires") + "nonsense: 1\n")
        line = next(number for number, text in enumerate(good.splitlines(), 1) if "num_retries" in text)
        self.browser.until_text("#reload", "failed", "configuration 1 goes on", f"{self.served.file}:{line}:", "num_retires",
                                "did you mean", "nonsense")
        self.assertEqual(2, len(self.browser.all("#reload li")))
        red, green, blue = map(int, re.findall(r"\d+", self.browser.script("return getComputedStyle(document.querySelector('#reload h2')).color"))[:3])
        self.assertGreater(red, 2 * max(green, blue))
        self.assertEqual("alert", self.browser.script("return document.querySelector('#reload').role"))
        self.served.write(good + "# mended\n")
        self.browser.until_text("#process", "configuration 2")
        self.browser.until_gone("#reload")

    def test_it_says_that_the_process_is_gone_and_recovers_by_itself(self):
        self.open()
        self.browser.until_text("#process", "pid")
        first = self.served.process.pid
        self.served.stop()
        self.browser.until_text("#gone", "No answer since")
        self.assertRegex(self.browser.text("#gone"), r"since \d\d:\d\d:\d\d")
        self.assertEqual("no answer", self.browser.text("#state"))
        self.served.start()
        self.browser.until_text("#state", "ready")
        self.browser.until_gone("#gone")
        self.browser.until_text("#process", f"pid {self.served.process.pid}")
        self.assertNotEqual(first, self.served.process.pid)

    def test_live_shows_what_ends_and_no_more_than_200(self):
        self.open()
        self.browser.click("#filter [name=live]")
        self.browser.until_text("#no-requests", "Waiting for requests")
        until(lambda: self.get("/fine/live") and "/fine/live" in self.browser.text("#requests"), "one of them in the page")
        self.get("/fine/many", 250)
        self.get("/fine/last")
        until(lambda: "/fine/last" in (self.browser.all("#requests .request") or [""])[0], "the last on top")
        self.assertEqual(200, len(self.browser.all("#requests tbody tr")))
        self.browser.click("#requests button", "/fine/last")
        self.browser.until_text("#why", "GET http://test/fine/last", "respond")
        self.browser.click("#why button", "Close")
        self.browser.click("#filter [name=live]")
        self.browser.until_text("#no-requests", "None is kept")

    def test_a_breaker_is_forced_after_a_question(self):
        self.open()
        self.browser.click(".breaker button", "force open")
        self.browser.until_text("#ask", "Breaker of app: open?", "refused at once")
        self.browser.click("#ask button", "Cancel")
        self.browser.until_gone("#ask")
        self.get("/x")
        self.assertEqual(2, len(self.app.requests))
        self.browser.click(".breaker button", "force open")
        self.browser.click("#ask button", "Force open")
        self.browser.until_text("#upstreams", "breaker forced open")
        self.browser.until_text("#problems strong", "1 breaker open")
        self.get("/x")
        self.assertEqual(2, len(self.app.requests), "it is open")
        self.browser.until_text("#requests", "breaker_open")
        self.browser.click(".breaker button", "automatic")
        self.browser.click("#ask button", "Set to automatic")
        self.browser.until_text("#upstreams", "breaker closed")

    def test_a_cache_is_purged_after_a_question(self):
        self.open()
        self.get("/cached", 4)
        self.browser.until_text("#caches tbody", "75 %", "4", "cached")
        self.browser.choose("#purge [name=by]", "prefix")
        self.browser.element("#purge [name=value]").send_keys("http://test/cached\n")
        self.browser.until_text("#ask", "Purge prefix http://test/cached in all caches?")
        self.browser.click("#ask button", "Purge")
        self.browser.until_text("#purge output", "1 purged")
        self.get("/cached")
        self.assertEqual(2, len(self.steady.requests))

    def test_it_asks_for_the_token_and_keeps_it_for_the_tab(self):
        self.serve(token="s3cret")
        self.browser.open(self.url)
        self.browser.until_text("#token", "admin.token")
        self.assertEqual("asks for its token", self.browser.text("#state"))
        self.browser.element("#token input").send_keys("wrong\n")
        self.browser.until_text("#token output", "not the right one")
        self.browser.element("#token input").send_keys("s3cret\n")
        self.browser.until_text("#state", "ready")
        self.browser.until_text("#upstreams", self.app.address)
        self.browser.driver.refresh()
        self.browser.until_text("#state", "ready")
        self.assertEqual([], self.browser.all("#token"))
        self.assertNotIn("s3cret", self.browser.script("return document.documentElement.outerHTML + location + document.cookie"))

    def test_it_asks_only_while_somebody_looks(self):
        self.open()
        self.browser.script("self.isAway = true; Object.defineProperty(document, 'hidden', {get: () => isAway}); "
                            "document.dispatchEvent(new Event('visibilitychange'))")
        calls = lambda: self.browser.script("return performance.getEntriesByType('resource').length")
        time.sleep(1)  # what was under way
        before = calls()
        time.sleep(4.5)
        self.assertEqual(before, calls())
        self.browser.script("isAway = false; document.dispatchEvent(new Event('visibilitychange'))")
        until(lambda: calls() > before, "the next look")

    def test_it_fits_a_phone(self):
        self.open()
        self.get("/a-rather-long-path-of-some-old-service/with/many/segments?and=a&query=as&well=so&that=it&is=long")
        self.browser.until_text("#requests", "/a-rather")
        self.browser.send("Emulation.setDeviceMetricsOverride", width=360, height=740, deviceScaleFactor=2, mobile=True)
        try:
            self.assertEqual(360, self.browser.script("return document.documentElement.scrollWidth"))
            self.browser.click("#requests button", "/a-rather")
            self.browser.until_text("#why", "Tries")
            self.assertEqual(360, self.browser.script("return document.documentElement.scrollWidth"))
        finally:
            self.browser.send("Emulation.clearDeviceMetricsOverride")
