"""adapters.health: checks of the service in /readyz, on listeners, by webhook and as a metric."""
import json
import pathlib
import subprocess
import tempfile

from support import raw
from support.case import Case
from support.curl import curl
from support.metrics import Metrics
from support.namespaces import one_port
from support.outrigger import BINARY
from support.pages import Pages
from support.wait import until

BASE = """
version: 1
listeners:
  - {name: front, address: "@listen@", filters: [{access_log: {}}, {respond: {status: 418}}]}
  - {name: other, address: "@listen2@", filters: [{respond: {status: 418}}]}
status: {address: "@status@"}
adapters:
  health:
"""


class Health(Case):
    def setUp(self):
        self.pages = self.start(Pages())
        self.pages.set("/", "Welcome")

    def serve(self, *entries, **values):
        config = BASE + "".join(f"    - {entry}\n" for entry in entries)
        self.served = self.proxy(config, pages=self.pages.address, wait_for=("listen", "status"), **values)
        return self.served

    def get(self, path, *arguments, listener="listen"):
        return curl(*arguments, f"http://{self.served.address(listener)}{path}")

    def until_status(self, status, path="/readyz", listener="status"):
        until(lambda: self.get(path, listener=listener).status == status, f"{path} to be {status}")

    def test_readyz_and_a_path_follow_the_checks(self):
        self.serve('{path: /healthz, every: 100ms, fall: 2, rise: 2, all: [{http: "http://@pages@/", contains: Welcome}, {tcp: "@pages@"}]}')
        self.until_status(200)
        self.until_status(200, "/healthz", "listen")
        self.assertEqual(b"healthy\n", self.get("/healthz").body)
        self.assertEqual(418, self.get("/healthz/x").status)
        self.pages.set("/", "Sorry")
        self.until_status(503)
        self.until_status(503, "/healthz", "listen")
        self.assertEqual(b"unhealthy\n", self.get("/healthz").body)
        text = self.get("/readyz", listener="status").body.decode()
        self.assertIn("- http http://" + self.pages.address + '/: the answer does not contain "Welcome"', text)
        self.assertIn("+ tcp " + self.pages.address, text)
        self.assertEqual(0, Metrics(self.served.address("status")).value("outrigger_health_status", name="/healthz"))
        self.pages.set("/", "Welcome back")
        self.until_status(200)
        self.assertEqual(2, Metrics(self.served.address("status")).value("outrigger_health_changes_total", name="/healthz"))
        self.assertIn("the service is not well", self.served.stderr())
        self.assertIn("the service is well again", self.served.stderr())

    def test_json_is_spoken_where_it_is_asked_for(self):
        self.serve('{path: /healthz, name: app, every: 100ms, details: true, any: [{tcp: "@pages@"}, {pid: 4194304}]}')
        self.until_status(200, "/healthz", "listen")
        answer = self.get("/healthz", "-H", "Accept: application/json")
        self.assertEqual("application/json", answer.head.get("Content-Type"))
        said = json.loads(answer.body)
        self.assertEqual(("app", "healthy"), (said["name"], said["status"]))
        self.assertEqual([{"check": f"tcp {self.pages.address}", "ok": True},
                          {"check": "process pid 4194304", "ok": False, "problem": "no such process runs"}], said["checks"])
        ready = json.loads(self.get("/readyz", "-H", "Accept: application/json", listener="status").body)
        self.assertEqual(("ready", [said]), (ready["status"], ready["health"]))

    def test_a_path_can_be_of_one_listener_and_not_of_readiness(self):
        self.serve('{path: /healthz, every: 100ms, ready: false, listeners: [other], all: [{pid: 4194304}]}')
        self.until_status(503, "/healthz", "listen2")
        self.assertEqual(418, self.get("/healthz").status)
        self.assertEqual(200, self.get("/readyz", listener="status").status)
        self.assertEqual(418, self.get("/healthz", "-X", "POST", listener="listen2").status)

    def test_a_webhook_is_told_of_changes_until_it_takes_them(self):
        self.pages.set("/hook", "", status=503)
        self.serve('{name: app, every: 100ms, fall: 1, rise: 1, webhook: "http://@pages@/hook", all: [{http: "http://@pages@/", contains: Welcome}]}')
        self.until_status(200)
        self.assertEqual([], self.pages.received("/hook"))
        self.pages.set("/", "Sorry")
        until(lambda: self.pages.received("/hook"), "the first try")
        self.pages.set("/hook", "")
        until(lambda: len(self.pages.received("/hook")) > 1, "another try")
        headers, body = self.pages.received("/hook")[-1]
        said = json.loads(body)
        self.assertEqual(("application/json", "app", "unhealthy"), (headers["Content-Type"], said["name"], said["status"]))
        until(lambda: Metrics(self.served.address("status")).value("outrigger_health_webhooks_total", result="sent") == 1, "the count")

    def test_programs_are_run_and_killed_at_their_deadline(self):
        self.serve('{name: app, every: 100ms, fall: 1, rise: 1, all: [{exec: [/bin/sh, -c, "test -e @dir@/flag || sleep 60"], timeout: 300ms}]}')
        until(lambda: b"did not end within 300ms" in self.get("/readyz", listener="status").body, "the program to be killed")
        (self.served.dir / "flag").write_text("")
        self.until_status(200)

    def test_readiness_is_unknown_until_the_first_round_is_over(self):
        self.serve('{name: app, every: 1h, all: [{exec: [/bin/sh, -c, "while ! test -e @dir@/flag; do sleep 0.05; done"], timeout: 1h}]}')
        answer = self.get("/readyz", listener="status")
        self.assertEqual(503, answer.status)
        self.assertIn(b"app: unknown", answer.body)
        (self.served.dir / "flag").write_text("")
        self.until_status(200)

    def test_a_breaker_that_is_open_is_not_well(self):
        config = """
version: 1
listeners: [{address: "@listen@", upstream: app}]
upstreams: {app: {endpoints: ["@app@"], filters: [{circuit_breaker: {open_for: 60s}}]}}
status: {address: "@status@"}
admin: {address: "@admin@"}
adapters: {health: [{name: app, every: 100ms, fall: 1, rise: 1, all: [{breaker: app}]}]}
"""
        self.served = self.proxy(config, self.start(raw.Peer.answering()), wait_for=("listen", "status", "admin"))
        self.until_status(200)
        curl("-X", "POST", f"http://{self.served.address('admin')}/api/breakers/app/open")
        self.until_status(503)
        self.assertIn(b"- breaker app: the circuit breaker is open", self.get("/readyz", listener="status").body)
        curl("-X", "POST", f"http://{self.served.address('admin')}/api/breakers/app/automatic")
        self.until_status(200)

    def test_a_reload_changes_paths_and_keeps_the_state_of_what_stays(self):
        self.serve('{path: /a, every: 1h, all: [{tcp: "@pages@"}]}')
        self.until_status(200, "/a", "listen")
        self.served.write(BASE + '    - {path: /a, every: 1h, all: [{tcp: "@pages@"}]}\n    - {path: /b, every: 100ms, all: [{pid: 4194304}]}\n')
        self.until_status(503, "/b", "listen")
        self.assertEqual(200, self.get("/a").status)
        self.until_status(503)
        self.served.write(BASE + '    - {path: /a, every: 1h, all: [{tcp: "@pages@"}]}\n')
        self.until_status(200)
        until(lambda: self.get("/b").status == 418, "the path to be gone")

    def test_two_entries_of_a_path_are_refused(self):
        with self.assertRaisesRegex(AssertionError, "the path /a is already taken by adapters.health.0.\.path"):
            self.serve('{path: /a, all: [{pid: 1}]}', '{path: /a, all: [{pid: 1}]}')

    def test_a_port_that_nobody_listens_on_is_not_well_where_the_check_connects_to_itself(self):
        directory = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        (directory / "o.yaml").write_text("version: 1\nstatus: {address: '127.0.0.1:9'}\nadapters:\n  health:\n"
                                          "    - {every: 100ms, all: [{tcp: '127.0.0.1:40000'}]}\n")
        with open(directory / "log", "wb") as log:
            process = subprocess.Popen([*one_port(self), BINARY, "run", "-c", str(directory / "o.yaml")], stderr=log)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        until(lambda: "the service is not well" in (directory / "log").read_text(), "the check to fail")
        self.assertIn("Connection refused", (directory / "log").read_text())
