"""Metrics, probes and the admin API."""
import json
import signal
import subprocess
import threading

from support import raw
from support.case import Case
from support.curl import curl
from support.outrigger import BINARY, command
from support.metrics import Metrics
from support.ports import free_port
from support.wait import until

CONFIG = """
version: 1
listeners: [{name: front, address: "@listen@", upstream: app}]
upstreams: {app: {endpoints: ["@app@"]}}
status: {address: "@status@"}
admin: {address: "@admin@"}
"""


class StatusCase(Case):
    def setUp(self):
        self.served = self.proxy(CONFIG, self.start(raw.Peer.answering()), wait_for=("listen", "status", "admin"))

    def url_of(self, path, listener="status"):
        return f"http://{self.served.address(listener)}{path}"

    def get(self, path, *arguments, listener="status"):
        return curl(*arguments, self.url_of(path, listener))


class Status(StatusCase):
    def test_probes_are_200_while_all_is_well(self):
        for path in ("/livez", "/readyz", "/startupz"):
            self.assertEqual(200, self.get(path).status, path)

    def test_metrics_count_requests(self):
        client = self.client(self.served)
        for _ in range(7):
            client.get()

        def counted():
            text = self.get("/metrics").body.decode()
            return [line for line in text.splitlines() if line.startswith("outrigger_") and line.endswith(" 7")]
        until(counted, "a metric that says 7")

    def test_connections_are_counted_and_those_of_probes_are_not(self):
        before = Metrics(self.served.address("status")).value("outrigger_connections_total", listener="front")
        clients = [self.client(self.served) for _ in range(3)]
        for client in clients:
            client.get()
        now = Metrics(self.served.address("status"))
        self.assertGreaterEqual(now.value("outrigger_connections_total", listener="front") - before, 3)
        until(lambda: Metrics(self.served.address("status")).value("outrigger_connections_open") == 3, "three open connections")
        curl("--data-binary", "x", "-H", "Content-Length: x", self.url_of("/metrics"))
        self.assertEqual(0, Metrics(self.served.address("status")).value("outrigger_failures_total"))

    def test_metrics_are_prometheus_text(self):
        answer = self.get("/metrics")
        self.assertEqual(200, answer.status)
        self.assertIn("text/plain", answer.head.get("Content-Type"))
        text = answer.body.decode()
        for needed in ("# TYPE outrigger_", "outrigger_build_info", "process_", "_bucket{", "le=\"+Inf\""):
            self.assertIn(needed, text)

    def test_status_is_read_only(self):
        self.assertIn(self.get("/metrics", "-X", "POST").status, (404, 405))
        self.assertEqual(404, self.get("/nothing").status)

    def test_a_bad_reload_is_seen_in_the_readiness_text_and_stays_ready(self):
        self.served.file.write_text("nonsense: 1\n")
        until(lambda: "nonsense" in self.served.stderr(), "the error in the process log")
        answer = self.get("/readyz")
        self.assertEqual(200, answer.status)
        self.assertIn(b"reload", answer.body.lower())


class Admin(StatusCase):
    def test_info_is_json(self):
        answer = self.get("/api/info", listener="admin")
        self.assertEqual(200, answer.status)
        self.assertIn("version", json.loads(answer.body))

    def test_upstreams_are_listed(self):
        self.assertIn("app", self.get("/api/upstreams", listener="admin").body.decode())

    def test_the_log_level_changes_what_is_logged_until_the_next_reload(self):
        def level():
            return json.loads(self.get("/api/log-level", listener="admin").body)["level"]

        def post(path):
            return self.get(path, "-X", "POST", listener="admin").status
        self.assertEqual("info", level())
        self.assertEqual(200, post("/api/log-level/error"))
        self.assertEqual("error", level())
        reloads = self.served.stderr().count("reloaded")
        self.assertEqual(200, post("/api/reload"))  # says "reloaded", at level info again
        self.assertEqual("info", level())
        until(lambda: self.served.stderr().count("reloaded") == reloads + 1, "the line of the reload")
        self.assertEqual(404, post("/api/log-level/loud"))

    def test_what_changes_state_needs_post(self):
        self.assertEqual(405, self.get("/api/reload", listener="admin").status)
        self.assertEqual(200, self.get("/api/reload", "-X", "POST", listener="admin").status)

    def test_a_cross_site_post_is_refused(self):
        host = self.served.address("admin")
        for field in ("Origin: https://evil.example", f"Origin: http://evil{host}", "Sec-Fetch-Site: cross-site"):
            self.assertEqual(403, self.get("/api/reload", "-X", "POST", "-H", field, listener="admin").status)
        self.assertEqual(200, self.get("/api/reload", "-X", "POST", "-H", f"Origin: http://{host}", listener="admin").status)
        self.assertEqual(403, self.get("/api/info", "-H", "Host: evil.example", listener="admin").status)


class Token(Case):
    def test_where_a_token_is_configured_every_call_needs_it(self):
        text = CONFIG.replace('admin: {address: "@admin@"}', 'admin: {address: "@admin@", token: "env:ADMIN_TOKEN"}')
        served = self.proxy(text, self.start(raw.Peer.answering()), wait_for=("listen", "admin"),
                            environment={"ADMIN_TOKEN": "s3cret"})
        url = f"http://{served.address('admin')}/api/info"
        for name, field, status in (("no token", "X-A: b", 401), ("a wrong one", "Authorization: Bearer s3cre", 401),
                                    ("a longer one", "Authorization: Bearer s3crets", 401),
                                    ("the token", "Authorization: Bearer s3cret", 200)):
            with self.subTest(name):
                self.assertEqual(status, curl("-H", field, url).status)


class Health(StatusCase):
    def test_the_health_command_says_ready_and_its_exit_code_too(self):
        done = command("health", "-c", self.served.file)
        self.assertEqual((0, "ready\n"), (done.returncode, done.stdout), done.stderr)

    def test_nobody_there_is_exit_code_1(self):
        self.assertEqual(1, command("health", "--status", f"127.0.0.1:{free_port()}").returncode)

    def test_a_file_without_status_is_told_the_line_to_add(self):
        done = command("health", "-c", self.start_without_status())
        self.assertEqual(1, done.returncode)
        self.assertIn("status: {address:", done.stderr)

    def start_without_status(self):
        path = self.served.dir / "bare.yaml"
        path.write_text(self.served.fill("\n".join(CONFIG.splitlines()[:-2])))
        return path


class Drain(StatusCase):
    def test_drain_makes_not_ready_finishes_what_runs_and_leaves_the_process(self):
        self.served.write(CONFIG + "shutdown: {not_ready: 300ms, drain: 20s}\n")
        self.assertEqual(0, command("reload", "-c", self.served.file).returncode)
        client = self.client(self.served)
        client.get()
        with subprocess.Popen([BINARY, "drain", "-c", self.served.file], stdout=subprocess.PIPE) as draining:
            until(lambda: self.get("/readyz").status == 503, "not ready")
            self.assertEqual(b"drained\n", draining.communicate(timeout=20)[0])
        self.assertTrue(client.is_closed())
        self.assertIsNone(self.served.process.poll())

    def test_drain_says_what_remains_after_its_time_and_leaves_it_alone(self):
        go_on = threading.Event()
        service = self.start(raw.Peer([raw.request(), raw.wait(go_on), raw.answer("late")]))
        self.served = self.proxy(CONFIG + "shutdown: {not_ready: 0s, drain: 200ms}\n", service,
                                 wait_for=("listen", "status", "admin"))
        info = lambda: json.loads(self.get("/api/info", listener="admin").body)
        client = self.client(self.served).send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        until(lambda: service.requests, "the request")
        done = command("drain", "-c", self.served.file)
        self.assertEqual((1, ""), (done.returncode, done.stdout))
        self.assertIn("1 connection remains after 200ms", done.stderr)
        self.assertEqual(("draining", {"is_overdue": True, "limit_ms": 200}), (info()["phase"], info()["drain"]))
        go_on.set()
        self.assertEqual(b"late", client.response().body)
        until(lambda: info()["phase"] == "drained", "the end of the last one")
        done = command("drain", "-c", self.served.file)
        self.assertEqual((0, "drained\n"), (done.returncode, done.stdout))
        self.served.signal(signal.SIGTERM)
        self.served.check_end(0)
