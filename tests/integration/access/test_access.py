"""The filters that guard a service, through the real binary."""
import hashlib

from support import raw
from support.case import Case
from support.wait import until


class Access(Case):
    def guarded(self, filters, **options):
        """(service, proxy) with these filters on the listener, YAML flow style, and an access log."""
        self.service = self.start(raw.Peer.answering())
        return self.proxy(f"""
version: 1
listeners: [{{address: "@listen@", filters: [{{access_log: {{}}}}, {filters}], upstream: app}}]
upstreams: {{app: {{endpoints: ["@app@"], filters: []}}}}
status: "@status@"
""", self.service, **options)

    def test_a_refused_request_never_reaches_the_service_and_the_log_says_why(self):
        proxy = self.guarded("{access: {rules: [{deny: {path: /admin}}, {allow: {}}]}}")
        client = self.client(proxy)
        self.assertEqual(200, client.get("/public").status)
        refused = client.get("/Admin;x=1")
        self.assertEqual((403, b"403 Forbidden: access is denied\n"), (refused.status, refused.body))
        self.assertIn("http_request_denied", refused.get("Proxy-Status"))
        self.assertEqual(["GET /public HTTP/1.1"], [request.start for request in self.service.requests])
        line = proxy.log(2)[1]
        self.assertEqual("access_denied", line["failure"])
        self.assertIn("access.rules[0] denies it", line["why"])

    def test_the_address_is_the_clients_own_unless_a_trusted_proxy_tells_another(self):
        proxy = self.guarded("{access: {rules: [{allow: {client: 198.51.100.0/24}}]}}")
        self.assertEqual(403, self.client(proxy).get("/", "X-Forwarded-For: 198.51.100.1").status)

    def test_an_api_key_file_is_taken_anew_and_a_bad_one_changes_nothing(self):
        digest = [hashlib.sha256(key.encode()).hexdigest() for key in ("old", "new")]
        service = self.start(raw.Peer.answering())
        keys = self.start_file(digest[0] + " old\n")
        proxy = self.proxy("""
version: 1
listeners: [{address: "@listen@", filters: [{api_key: {keys: "file:@keys@"}}], upstream: app}]
upstreams: {app: {endpoints: ["@app@"], filters: []}}
""", service, keys=keys)

        def status(key):
            return self.client(proxy).get("/", f"X-API-Key: {key}").status
        self.assertEqual((200, 401), (status("old"), status("new")))
        keys.write_text(digest[1] + " new\n")
        until(lambda: status("new") == 200, "the new key")
        self.assertEqual(401, status("old"))
        keys.write_text("broken\n")
        until(lambda: "is no SHA-256" in proxy.stderr(), "the complaint")
        self.assertEqual(200, status("new"))
        self.assertNotIn("X-API-Key", service.requests[0].names)

    def start_file(self, content):
        import pathlib
        import tempfile
        directory = self.enterContext(tempfile.TemporaryDirectory())
        path = pathlib.Path(directory) / "file"
        path.write_text(content)
        return path

    def test_a_rate_limit_is_exact_across_workers(self):
        proxy = self.guarded("{rate_limit: {rate: 1/h, burst: 20}}", workers=4)
        statuses = [self.client(proxy).get().status for _ in range(40)]
        self.assertEqual((20, 20), (statuses.count(200), statuses.count(429)))
        self.assertEqual(20, len(self.service.requests))
        refused = self.client(proxy).get()
        self.assertTrue(1 <= int(refused.get("Retry-After")) <= 3600, refused.get("Retry-After"))

    def test_a_rate_limit_outlives_a_reload(self):
        proxy = self.guarded("{rate_limit: {rate: 1/h, burst: 1}}")
        self.assertEqual(200, self.client(proxy).get().status)
        proxy.file.write_text(proxy.file.read_text() + "logging: {level: debug}\n")
        until(lambda: "reloaded" in proxy.stderr(), "the reload")
        self.assertEqual(429, self.client(proxy).get().status)

    def test_metrics_count_verdicts(self):
        proxy = self.guarded("{access: {mode: report, rules: [{allow: {path: /a}}]}}", wait_for=("listen", "status"))
        client = self.client(proxy)
        for path in ("/a", "/b", "/b"):
            self.assertEqual(200, client.get(path).status)
        metrics = self.enterContext(raw.Client(proxy.port("status"))).get("/metrics").body.decode()
        self.assertRegex(metrics, r'outrigger_access_verdicts_total\{filter="access",place="[^"]*",verdict="allow"\} 1')
        self.assertRegex(metrics, r'outrigger_access_verdicts_total\{filter="access",place="[^"]*",verdict="would_deny"\} 2')

    def test_a_preflight_request_gets_past_the_keys_behind_cors(self):
        digest = hashlib.sha256(b"k").hexdigest()
        keys = self.start_file(digest)
        proxy = self.guarded(f'{{cors: {{origins: ["https://app.example"]}}}}, {{api_key: {{keys: "{keys}"}}}}')
        answer = self.client(proxy).request("OPTIONS / HTTP/1.1\r\nHost: test\r\nOrigin: https://app.example\r\n"
                                            "Access-Control-Request-Method: GET\r\n\r\n")
        self.assertEqual((204, "https://app.example"), (answer.status, answer.get("Access-Control-Allow-Origin")))
        refused = self.client(proxy).get("/", "Origin: https://app.example")
        self.assertEqual((401, "https://app.example"), (refused.status, refused.get("Access-Control-Allow-Origin")))
