"""`outrigger why` and `outrigger tap`: what is kept of requests, and what of them is shown live."""
import json
import pathlib
import select
import signal
import subprocess
import tempfile
import time

from support.cache.origin import Origin
from support.case import Case
from support.http2 import Http2Client
from support.metrics import Metrics
from support.outrigger import BINARY, command
from support.ports import free_port
from support.raw import Client, Peer, answer
from support.wait import PATIENCE, until

CONFIG = """\
version: 1
listeners:
  - name: web
    address: "@listen@"
    filters:
      - request_id: {}
      - access:
          rules: [{deny: {path: {prefix: /secret}}}, {allow: {}}]
      - headers: {response: {set: {X-Seen: "1"}}}
    routes:
      - name: dead
        match: {path: {prefix: /dead}}
        upstream: dead
      - name: cached
        match: {path: {prefix: /cached}}
        filters:
          - cache: {}
        upstream: app
      - name: fine
        match: {path: {prefix: /fine}}
        respond: {body: fine}
      - name: all
        upstream: app
upstreams:
  app:
    endpoints: ["@app@"]
    filters:
      - retry: {num_retries: 2, backoff: {base: 1ms, max: 2ms}}
      - circuit_breaker: {connect_failures: 0, min_requests: 1000}
  dead:
    endpoints: ["@dead@"]
    filters: [{circuit_breaker: {connect_failures: 1, open_for: 1h, max_open: 1h}}]
status: {address: "@listen_status@"}
admin: {address: "@listen_admin@", requests: {REQUESTS}}
"""
BAD = answer("no", "503 Service Unavailable")


class Kept(Case):
    def serve(self, requests="sample: 0%, slower_than: 0s", peer=None, **options):
        self.peer = self.start(peer or Peer.answering(BAD))
        return self.proxy(CONFIG.replace("REQUESTS", requests), self.peer, dead=f"127.0.0.1:{free_port()}", **options)

    def why(self, proxy, *arguments):
        return command("why", "-c", proxy.file, *arguments)

    def record(self, proxy, request_id):
        done = self.why(proxy, request_id, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def listed(self, proxy):
        done = self.why(proxy, "--json")
        self.assertEqual(done.returncode, 0, done.stderr)
        return json.loads(done.stdout)

    def place(self, proxy, line):
        """FILE:LINE of the only line of the file that has these words."""
        found = [number for number, text in enumerate(proxy.file.read_text().splitlines(), 1) if line in text]
        self.assertEqual(len(found), 1, line)
        return f"{proxy.file}:{found[0]}"

    def test_each_filter_with_its_place_and_each_try(self):
        proxy = self.serve(workers=2)
        got = self.client(proxy).get("/x?a=1")
        self.assertEqual((got.status, len(self.peer.requests)), (503, 3))
        record = self.record(proxy, got.get("X-Request-Id"))
        self.assertEqual((record["status"], record["target"], record["route"], record["upstream"], record["kept_because"]),
                         (503, "/x?a=1", "all", "app", ["failed"]))
        self.assertEqual([made["status"] for made in record["tries"]], [503, 503, 503])
        self.assertEqual({made["endpoint"] for made in record["tries"]}, {self.peer.address})
        steps = [step["name"] for step in record["filters"]]
        self.assertEqual(steps, ["request_id", "access", "headers", "retry"] + ["circuit_breaker", "upstream"] * 3)
        where = {step["name"]: step["where"] for step in record["filters"]}
        self.assertEqual(where["retry"], self.place(proxy, "- retry:"))
        self.assertEqual(where["access"], self.place(proxy, "- access:"))
        self.assertEqual(where["upstream"], "")
        self.assertEqual([step["verdict"] for step in record["filters"] if step["name"] == "upstream"], ["503"] * 3)
        self.assertIn("503", record["filters"][3]["verdict"], "what retry said of it")
        for timed in record["filters"] + record["tries"]:
            self.assertGreaterEqual(timed["took_ms"], 0)
            self.assertLessEqual(timed["at_ms"] + timed["took_ms"], record["duration_ms"] + 50)

    def test_the_text_says_the_same(self):
        proxy = self.serve()
        got = self.client(proxy).get("/x")
        done = self.why(proxy, got.get("X-Request-Id"))
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        for words in ("GET http://test/x", "503", self.place(proxy, "- retry:"), "circuit_breaker", self.peer.address, "web > all > app"):
            self.assertIn(words, done.stdout)
        self.assertNotIn("\x1b", done.stdout, "no colours where it is no terminal")

    def test_who_refused_it(self):
        proxy = self.serve()
        client = self.client(proxy)
        denied = client.get("/secret")
        self.assertEqual(denied.status, 403)
        record = self.record(proxy, denied.get("X-Request-Id"))
        self.assertEqual([step["name"] for step in record["filters"]], ["request_id", "access"])
        self.assertEqual(record["failure"], "access_denied")
        self.assertTrue(record["filters"][1]["verdict"].startswith(record["why"][:10]), record)
        self.assertEqual(client.get("/dead").status, 502)

        def open_breaker():
            got = client.get("/dead")
            return got if got.status == 503 else None
        record = self.record(proxy, until(open_breaker, "the breaker to open").get("X-Request-Id"))
        self.assertEqual((record["failure"], record["filters"][-1]["name"], record["tries"]), ("breaker_open", "circuit_breaker", []))
        self.assertIn("failed too often", record["filters"][-1]["verdict"])

    def test_what_a_fetch_for_the_cache_tried(self):
        proxy = self.serve()
        got = self.client(proxy).get("/cached")
        record = self.record(proxy, got.get("X-Request-Id"))
        self.assertEqual([made["status"] for made in record["tries"]], [503, 503, 503])
        self.assertEqual(record["filters"][-1]["name"], "cache")

    def test_slow_and_sampled_ones_are_kept_too(self):
        proxy = self.serve("slower_than: 1ms, sample: 0%", Origin())
        got = self.client(proxy).get("/x")
        self.peer.script("/slow", {"wait": _Nap(0.2)})
        got = self.client(proxy).get("/slow")
        self.assertIn("slow", self.record(proxy, got.get("X-Request-Id"))["kept_because"])
        proxy = self.serve("slower_than: 0s, sample: 25%", Origin())
        client = self.client(proxy)
        for _ in range(40):
            self.assertEqual(client.get("/fine").status, 200)
        kept = self.listed(proxy)
        self.assertEqual((len(kept), kept[0]["kept_because"]), (10, ["sampled"]))

    def test_the_latest_of_each_kind_stay(self):
        proxy = self.serve("keep: 3, sample: 100%, slower_than: 0s")
        client = self.client(proxy)
        failed = [client.get("/secret").get("X-Request-Id") for _ in range(5)]
        for _ in range(5):
            client.get("/fine")
        kept = [record["request_id"] for record in self.listed(proxy) if "refused" in record["kept_because"]]
        self.assertEqual(kept, failed[:1:-1], "refusals are not driven out by others")
        self.assertEqual(len(self.listed(proxy)), 6)
        gone = self.why(proxy, failed[0])
        self.assertEqual((gone.returncode, gone.stdout), (1, ""))
        self.assertIn("no such request is kept", gone.stderr)
        self.assertEqual(Metrics(proxy.address("listen_status")).value("outrigger_requests_kept_total", kind="refused"), 5)

    def test_refusals_that_anybody_can_cause_do_not_drive_out_failures(self):
        proxy = self.serve("keep: 3, sample: 0%, slower_than: 0s")
        client = self.client(proxy)
        failed = client.get("/x").get("X-Request-Id")
        for _ in range(5):
            client.get("/secret")
        kinds = [record["kept_because"] for record in self.listed(proxy)]
        self.assertEqual(kinds, [["refused"]] * 3 + [["failed"]])
        self.assertEqual([self.record(proxy, failed)["status"]], [503])

    def test_a_call_of_grpc_that_the_breaker_ended_has_failed_though_its_status_is_200(self):
        proxy = self.serve()
        with Http2Client(proxy.port("listen")) as client:
            for _ in range(3):
                answer = client.get("/dead/Call", [("content-type", "application/grpc"), ("te", "trailers")])
        self.assertEqual(200, answer.status)
        record = self.listed(proxy)[0]
        self.assertEqual(("breaker_open", 200, ["failed"]), (record["failure"], record["status"], record["kept_because"]))

    def test_memory_bounds_it_too(self):
        proxy = self.serve("memory: 8KiB, sample: 0%, slower_than: 0s")
        client = self.client(proxy)
        for number in range(20):
            client.get(f"/secret?{'x' * 900}{number}")
        self.assertLess(len(self.listed(proxy)), 8)
        self.assertGreater(len(self.listed(proxy)), 1)

    def test_without_an_admin_address_it_says_what_to_add(self):
        proxy = self.proxy(CONFIG.split("admin:")[0], self.start(Peer.answering(BAD)), dead="127.0.0.1:1")
        for verb in ("why", "tap", "top"):
            done = command(verb, "-c", proxy.file)
            self.assertEqual(done.returncode, 1, verb)
            self.assertIn("admin: {address: 127.0.0.1:9901}", done.stderr)

    def test_a_file_with_errors_tells_them_all_and_ends_with_2(self):
        path = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory())) / "outrigger.yaml"
        path.write_text("version: 1\nlisteners: [{adress: 127.0.0.1:1, upstream: app}]\nupstreams: {app: {endpionts: [a]}}\n")
        for words, option in ((["why"], "admin"), (["tap"], "admin"), (["top"], "admin"), (["reload"], "admin"),
                              (["drain"], "admin"), (["cache", "show"], "admin"), (["health"], "status")):
            done = command(*words, "-c", path)
            self.assertEqual(2, done.returncode, words)
            for said in ("adress", "endpionts", f"--{option} ADDRESS"):
                self.assertIn(said, done.stderr, words)

    def test_the_api_takes_conditions_and_refuses_what_it_does_not_know(self):
        proxy = self.serve()
        client, admin = self.client(proxy), self.enterContext(Client(proxy.port("listen_admin")))
        for path in ("/secret", "/x", "/secret/a"):
            client.get(path)

        def ask(query):
            return admin.request(f"GET /api/requests?{query} HTTP/1.1\r\nHost: localhost\r\n\r\n")

        def statuses(query):
            got = ask(query)
            self.assertEqual(got.status, 200, got.body)
            return [record["status"] for record in json.loads(got.body)]
        self.assertEqual(statuses("status=5xx"), [503])
        self.assertEqual(statuses("path=/secret"), [403, 403])
        self.assertEqual(statuses("path=%2Fsecret/a&failure=any"), [403])
        self.assertEqual(statuses("failure=access_denied&limit=1"), [403])
        self.assertEqual(statuses("host=TEST"), [403, 503, 403])
        self.assertEqual(statuses("host=other"), [])
        self.assertEqual(statuses("slower_than=1h"), [])
        for query in ("status=abc", "failure=nosuch", "color=red", "limit=x", "slower_than=5", "path=x"):
            self.assertEqual(ask(query).status, 400, query)


class _Nap:
    def __init__(self, seconds):
        self.seconds = seconds

    def wait(self, _):
        time.sleep(self.seconds)


class Tapped(Case):
    def serve(self, **options):
        return self.proxy(CONFIG.replace("REQUESTS", "sample: 0%"), self.start(Peer.answering(BAD)), dead="127.0.0.1:1", **options)

    def tap(self, proxy, *arguments):
        process = subprocess.Popen([BINARY, "tap", "-c", str(proxy.file), *arguments], stdin=subprocess.DEVNULL,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.addCleanup(process.communicate)
        self.addCleanup(lambda: process.poll() is None and process.kill())
        return process

    def end_of(self, process, proxy, *paths):
        """Requests these paths until the tap has ended; what it printed."""
        client = self.client(proxy)

        def ask():
            for path in paths:
                client.get(path)
            return process.poll() is not None
        until(ask, "the tap to end")
        out, err = process.communicate()
        self.assertEqual(process.returncode, 0, err)
        return [json.loads(line) for line in out.splitlines()]

    def test_it_shows_what_it_was_asked_for_and_ends_after_so_many(self):
        proxy = self.serve(workers=2)
        shown = self.end_of(self.tap(proxy, "--status", "5xx", "--count", "3"), proxy, "/fine", "/x", "/secret")
        self.assertEqual([(record["status"], record["target"]) for record in shown], [(503, "/x")] * 3)
        self.assertEqual(len(shown[0]["tries"]), 3)
        shown = self.end_of(self.tap(proxy, "--path", "/secret", "--failure", "any", "--count", "1"), proxy, "/x", "/secret/1")
        self.assertEqual(shown[0]["target"], "/secret/1")
        shown = self.end_of(self.tap(proxy, "--kind", "refused", "--count", "2"), proxy, "/fine", "/x", "/secret")
        self.assertEqual([record["target"] for record in shown], ["/secret"] * 2)

    def test_ctrl_c_ends_it(self):
        proxy = self.serve()
        process = self.tap(proxy)
        client = self.client(proxy)
        self.addCleanup(process.stdout.close)

        def shows():
            client.get("/fine")
            is_there, _, _ = select.select([process.stdout], [], [], 0.1)
            return process.stdout.readline() if is_there else None
        self.assertIn("/fine", until(shows, "a line"))
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(PATIENCE), 0)

    def test_conditions_that_are_none(self):
        proxy = self.serve()
        done = command("tap", "-c", proxy.file, "--status", "many")
        self.assertEqual((done.returncode, done.stdout), (2, ""))
        self.assertIn("status", done.stderr)

    def test_who_does_not_read_loses_lines_and_holds_up_nobody(self):
        proxy = self.serve()
        reader = self.enterContext(Client(proxy.port("listen_admin"), receive_buffer=4096))
        reader.send("GET /api/tap HTTP/1.1\r\nHost: localhost\r\n\r\n")
        self.assertEqual(reader.head().status, 200)
        client = self.client(proxy)

        def loses():
            for _ in range(500):
                self.assertEqual(client.get("/fine").status, 200)
            return Metrics(proxy.address("listen_status")).value("outrigger_tap_lost_total") > 0
        until(loses, "a line to be lost")
        lines = b""
        while b'"lost"' not in lines:
            size = int(reader.reader.until(b"\r\n"), 16)
            lines = lines[-100:] + reader.reader.exactly(size + 2)

    def test_not_too_many_at_a_time(self):
        proxy = self.serve()
        clients = [self.enterContext(Client(proxy.port("listen_admin"))) for _ in range(9)]
        heads = [client.send("GET /api/tap HTTP/1.1\r\nHost: localhost\r\n\r\n").head().status for client in clients]
        self.assertEqual(heads, [200] * 8 + [503])
