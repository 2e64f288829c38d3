"""`run --exec -- APP`: the app begins behind the listeners, ends the process when it ends, and is ended in order."""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import textwrap

from support import raw
from support.case import Case
from support.curl import curl
from support.namespaces import children, one_port, process_1, process_1_of
from support.outrigger import BINARY, command
from support.ports import free_port
from support.wait import PATIENCE, until

CONFIG = """
version: 1
listeners: [{address: "@listen@", upstream: app}]
upstreams: {app: {endpoints: ["@app@"], filters: []@health@}}
status: {address: "@status@"}
admin: {address: "@admin@"}
shutdown: {not_ready: @not_ready@, drain: @drain@}
"""
# A service on the port of its first argument; it tells what it is told in the file of the second.
SERVICE = textwrap.dedent("""
    import http.server, os, signal, sys, time
    told = open(sys.argv[2], "a", buffering=1)
    ignored = sys.argv[3:]
    def tell(number, _):
        told.write(signal.Signals(number).name + "\\n")
        if number in (signal.SIGTERM, signal.SIGINT) and signal.Signals(number).name not in ignored:
            os._exit(7 if number == signal.SIGTERM else 8)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGUSR2, signal.SIGQUIT):
        signal.signal(number, tell)
    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self):
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()
            if self.path == "/end":
                os._exit(5)
        def log_message(self, *_):
            pass
    told.write("started\\n")
    http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
""")


class AppCase(Case):
    def run_with(self, *arguments, app, service=None, health="", not_ready="0ms", drain="20s", **options):
        """A proxy with `run ARGUMENTS --exec -- APP`."""
        options["app"] = service.address if service else f"127.0.0.1:{free_port()}"
        return self.proxy(CONFIG, wait_for=("listen", "status", "admin"), health=health, not_ready=not_ready,
                          drain=drain, arguments=[*arguments, "--exec", "--", *app], **options)

    def directory(self):
        return pathlib.Path(self.enterContext(tempfile.TemporaryDirectory(prefix="outrigger-app-")))

    def file(self):
        """A configuration with a listener on a free port."""
        path = self.directory() / "outrigger.yaml"
        path.write_text(f"version: 1\nlisteners: [{{address: '127.0.0.1:{free_port()}', upstream: a}}]\n"
                        "upstreams: {a: {endpoints: ['127.0.0.1:9']}}\nshutdown: {not_ready: 0ms}\n")
        return path

    def with_service(self, *arguments, ignores=(), health="", not_ready="0ms"):
        """A proxy with SERVICE as its app, up; the file in which it tells, and its port."""
        port, told = free_port(), self.directory() / "told"
        proxy = self.proxy(CONFIG, wait_for=("listen", "status", "admin"), health=health, not_ready=not_ready,
                           drain="20s", app=f"127.0.0.1:{port}",
                           arguments=[*arguments, "--wait-for", f"127.0.0.1:{port}", "--exec", "--", sys.executable,
                                      "-c", SERVICE, str(port), str(told), *ignores])
        until(lambda: self.readiness(proxy).status == 200, "the app to be up")
        return proxy, told

    def readiness(self, proxy):
        return curl(f"http://{proxy.address('status')}/readyz")

    def app_state(self, proxy):
        return json.loads(curl(f"http://{proxy.address('admin')}/api/info").body)["app"]

    def once(self, script, *arguments):
        """Runs a shell script as the app to the end of both."""
        return command("run", "-c", self.file(), "--workers", 1, *arguments, "--exec", "--", "sh", "-c", script,
                       timeout=PATIENCE * 4)


class Ends(AppCase):
    def test_the_end_of_a_job_is_the_end_of_the_process_with_its_exit_code(self):
        for script, code in (("exit 0", 0), ("exit 3", 3), ("kill -KILL $$", 137), ("kill -TERM $$", 143)):
            with self.subTest(script):
                self.assertEqual(code, self.once(script).returncode)

    def test_an_app_that_cannot_be_started_is_one_line_and_127_or_126(self):
        file = self.directory() / "no-program"
        file.write_text("")
        for app, code in (("nosuchprogram", 127), ("/nosuch/program", 127), (file, 126), ("/", 126)):
            with self.subTest(app):
                done = command("run", "-c", self.file(), "--exec", "--", app)
                self.assertEqual(code, done.returncode, done.stderr)
                self.assertIn(f"outrigger: cannot start {app}: ", done.stderr)

    def test_wrong_flags_are_one_line_and_2(self):
        config = self.file()
        for arguments, said in ((["--exec"], "--exec -- APP"), (["--", "true"], "--exec"),
                                (["--exec", "--restart", "always", "--", "true"], "never"),
                                (["--exec", "--stop-limit", "5", "--", "true"], "5s"),
                                (["--exec", "--wait-for", "nowhere", "--", "true"], "--wait-for nowhere"),
                                (["--exec", "--wait-for", "upstream:b", "--", "true"], "no such upstream"),
                                (["--exec", "--wait-for", "upstream:a", "--", "true"], "health_check")):
            with self.subTest(arguments):
                done = command("run", "-c", config, *arguments)
                self.assertEqual(2, done.returncode, done.stderr)
                self.assertIn(said, done.stderr)

    def test_what_the_app_left_behind_in_its_group_ends_too(self):
        pid_file = self.directory() / "pid"
        self.assertEqual(4, self.once(f"sleep 600 & echo $! > {pid_file}; exit 4").returncode)
        self.assertFalse(pathlib.Path(f"/proc/{pid_file.read_text().strip()}").exists())

    def test_requests_in_flight_are_finished_when_the_app_ends(self):
        go_on = self.directory() / "go-on"
        service = self.start(raw.Peer([raw.request(), raw.hang()]))
        proxy = self.run_with(app=["sh", "-c", f"until [ -e {go_on} ]; do sleep 0.05; done; exit 6"], service=service)
        client = self.client(proxy)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        until(lambda: service.requests, "the request")
        go_on.write_text("")
        until(lambda: self.app_state(proxy)["phase"] == "ended", "the app's end")
        self.assertEqual(503, self.readiness(proxy).status)
        self.assertIsNone(proxy.process.poll())
        client.close()
        proxy.check_end(6)


class Signals(AppCase):
    def test_sigterm_drains_first_and_the_app_answers_until_then(self):
        proxy, told = self.with_service(not_ready="60s")
        proxy.signal(signal.SIGTERM)
        until(lambda: self.readiness(proxy).status == 503, "not ready")
        self.assertEqual(200, self.client(proxy).get().status)
        self.assertEqual("started\n", told.read_text())
        proxy.signal(signal.SIGTERM)
        proxy.check_end(7)
        self.assertEqual("started\nSIGTERM\n", told.read_text())

    def test_an_app_that_is_told_late_has_its_time_to_end(self):
        done, service = self.directory() / "done", self.start(raw.Peer([raw.request(), raw.hang()]))
        script = f"trap 'sleep 0.5; echo done > {done}; exit 9' TERM; while :; do sleep 0.05; done"
        proxy = self.run_with(app=["sh", "-c", script], service=service, drain="50ms")
        client = self.client(proxy)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        until(lambda: service.requests, "the request")
        proxy.signal(signal.SIGTERM)
        until(lambda: self.app_state(proxy)["phase"] == "ending", "the app's signal")
        client.close()
        proxy.check_end(9)
        self.assertEqual("done\n", done.read_text())

    def test_the_app_gets_the_signal_that_the_process_got(self):
        proxy, told = self.with_service()
        proxy.signal(signal.SIGINT)
        proxy.check_end(8)
        self.assertIn("SIGINT", told.read_text())

    def test_other_signals_are_passed_on_and_sighup_is_ours(self):
        proxy, told = self.with_service()
        for number in (signal.SIGUSR2, signal.SIGQUIT):
            proxy.signal(number)
            until(lambda: signal.Signals(number).name in told.read_text(), number)
        proxy.signal(signal.SIGHUP)
        until(lambda: "reloaded" in proxy.stderr(), "the reload")
        self.assertNotIn("SIGHUP", told.read_text())
        proxy.signal(signal.SIGTERM)
        proxy.check_end(7)

    def test_an_app_that_ignores_sigterm_is_killed(self):
        proxy, told = self.with_service("--stop-limit", "200ms", ignores=["SIGTERM"])
        proxy.signal(signal.SIGTERM)
        proxy.check_end(128 + signal.SIGKILL)
        self.assertIn("SIGTERM", told.read_text())
        self.assertIn("the app is killed", proxy.stderr())

    def test_a_further_signal_kills_an_app_that_takes_its_time(self):
        proxy, told = self.with_service("--stop-limit", "1h", ignores=["SIGTERM"])
        proxy.signal(signal.SIGTERM)
        until(lambda: "SIGTERM" in told.read_text(), "the app's signal")
        proxy.signal(signal.SIGTERM)
        proxy.check_end(128 + signal.SIGKILL)

    def test_the_app_ignores_and_blocks_no_signal_of_ours(self):
        done = self.once("grep -E '^Sig(Blk|Ign)' /proc/self/status >&2")
        for name in ("SigBlk", "SigIgn"):
            mask = int(re.search(name + r":\s+(\w+)", done.stderr).group(1), 16)
            self.assertEqual(0, mask & 0x7fffffff, "of the signals 1 to 31; libc keeps two behind them")


class Inherits(AppCase):
    def test_the_app_has_no_descriptor_of_ours(self):
        listing = self.directory() / "listing"
        proxy = self.run_with(app=[sys.executable, "-c", "import os, sys, time\n"
                                   "found = os.listdir('/proc/self/fd')\n"
                                   "open(sys.argv[1], 'w').write(' '.join(found))\n"
                                   "time.sleep(600)", str(listing)])
        self.assertGreater(proxy.open_files(), 5)
        found = until(lambda: listing.exists() and listing.read_text(), "the list").split()
        self.assertLessEqual({int(number) for number in found}, {0, 1, 2, 3}, "3 is what lists them")
        self.end(proxy)

    def end(self, proxy):
        proxy.signal(signal.SIGINT)
        proxy.check_end(128 + signal.SIGINT)

    def test_the_app_leads_a_group_of_its_own_and_may_write_cores(self):
        proxy = self.run_with(app=["sleep", "600"])
        pid = self.app_state(proxy)["pid"]
        fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        self.assertEqual(pid, int(fields[2]))
        core = [line for line in pathlib.Path(f"/proc/{pid}/limits").read_text().splitlines() if "core" in line][0]
        self.assertEqual(*core.split()[4:6])
        self.end(proxy)


class Restarts(AppCase):
    def test_a_failed_app_is_started_again_and_not_ready_meanwhile(self):
        proxy, told = self.with_service("--restart", "on-failure")
        first = self.app_state(proxy)["pid"]
        self.client(proxy).send("GET /end HTTP/1.1\r\nHost: a\r\n\r\n")
        until(lambda: self.readiness(proxy).status == 503, "not ready")
        until(lambda: self.readiness(proxy).status == 200, "the second run")
        state = self.app_state(proxy)
        self.assertNotEqual(first, state["pid"])
        self.assertEqual((1, "up"), (state["restarts"], state["phase"]))
        metrics = curl(f"http://{proxy.address('status')}/metrics").body.decode()
        self.assertIn("outrigger_app_restarts_total 1", metrics)
        self.assertIn("outrigger_app_up 1", metrics)
        proxy.signal(signal.SIGTERM)
        proxy.check_end(7)

    def test_restarts_have_a_limit_and_then_the_exit_code_counts(self):
        count = self.directory() / "count"
        done = self.once(f"echo run >> {count}; exit 9", "--restart", "on-failure", "--restart-limit", "1")
        self.assertEqual(9, done.returncode, done.stderr)
        self.assertEqual("run\nrun\n", count.read_text())
        self.assertIn("it failed too often", done.stderr)

    def test_success_is_no_failure(self):
        self.assertEqual(0, self.once("exit 0", "--restart", "on-failure").returncode)

    def test_a_signal_between_two_runs_ends_it(self):
        proxy = self.run_with("--restart", "on-failure", app=["sh", "-c", "exit 9"])
        until(lambda: self.app_state(proxy)["phase"] == "pausing", "the pause")
        proxy.signal(signal.SIGINT)
        proxy.check_end(9)


class Waits(AppCase):
    def test_it_is_ready_when_the_app_takes_connections(self):
        port, go_on = free_port(), self.directory() / "go-on"
        script = (f"until [ -e {go_on} ]; do sleep 0.05; done; "
                  f"exec {sys.executable} -c 'import socket, time; s = socket.create_server((\"127.0.0.1\", {port})); time.sleep(600)'")
        proxy = self.run_with("--wait-for", f"127.0.0.1:{port}", app=["sh", "-c", script])
        answer = self.readiness(proxy)
        self.assertEqual((503, b"not ready: the app is starting\n"), (answer.status, answer.body))
        self.assertEqual(200, curl(f"http://{proxy.address('status')}/startupz").status)
        go_on.write_text("")
        until(lambda: self.readiness(proxy).status == 200, "ready")
        proxy.signal(signal.SIGINT)
        proxy.check_end(128 + signal.SIGINT)

    def test_it_is_ready_when_an_upstream_is_healthy(self):
        service = self.start(raw.Peer.answering())
        proxy = self.run_with("--wait-for", "upstream:app", app=["sleep", "600"], service=service,
                              health=", health_check: {path: /, interval: 100ms}")
        until(lambda: self.readiness(proxy).status == 200, "ready")
        proxy.signal(signal.SIGINT)
        proxy.check_end(128 + signal.SIGINT)

    def test_an_app_that_does_not_come_up_in_time_has_failed(self):
        done = self.once("sleep 600", "--wait-for", "127.0.0.1:9", "--wait-limit", "200ms")
        self.assertEqual(143, done.returncode, done.stderr)
        self.assertIn("did not come up in time", done.stderr)

    def test_a_port_that_nobody_listens_on_is_not_up_where_the_question_connects_to_itself(self):
        done = subprocess.run([*one_port(self), BINARY, "run", "-c", self.file(), "--wait-for", "127.0.0.1:40000", "--wait-limit",
                               "300ms", "--exec", "--", "sleep", str(PATIENCE)],
                              capture_output=True, text=True, check=False, timeout=PATIENCE * 2)
        self.assertEqual(143, done.returncode, done.stderr)
        self.assertIn("did not come up in time", done.stderr)


class Process1(AppCase):
    def test_as_process_1_it_reaps_orphans_passes_signals_on_and_keeps_the_exit_code(self):
        space = process_1(self)
        orphan = "(setsid sh -c 'exit 3' &) ; sleep 0.2; grep -l '^State:.Z' /proc/[0-9]*/status; exit 5"
        config = self.file()
        done = subprocess.run([*space, BINARY, "run", "-c", config, "--exec", "--", "sh", "-c", orphan], check=False,
                              capture_output=True, text=True, timeout=PATIENCE * 2)
        self.assertEqual((5, ""), (done.returncode, done.stdout), done.stderr)
        told = self.directory() / "told"
        script = f"trap 'echo term >> {told}; exit 11' TERM; echo up >> {told}; while :; do sleep 0.05; done"
        process = subprocess.Popen([*space, BINARY, "run", "-c", config, "--exec", "--", "sh", "-c", script],
                                   stderr=subprocess.DEVNULL)
        self.addCleanup(process.kill)
        until(lambda: told.exists() and "up" in told.read_text(), "the app")
        os.kill(process_1_of(process), signal.SIGTERM)
        self.assertEqual(11, process.wait(PATIENCE * 2))
        self.assertEqual("up\nterm\n", told.read_text())

    def test_as_process_1_it_reaps_what_a_health_check_leaves_too(self):
        told = self.directory() / "told"
        check = f"(setsid sh -c 'exit 3' &) ; echo >> {told}"
        config = self.file()
        config.write_text(config.read_text() + "adapters:\n  health:\n    - path: /healthz\n      every: 100ms\n"
                          f"      all: [{{exec: [sh, -c, {json.dumps(check)}]}}]\n")
        process = subprocess.Popen([*process_1(self), BINARY, "run", "-c", config], stderr=subprocess.DEVNULL)
        self.addCleanup(process.kill)
        until(lambda: told.exists() and told.stat().st_size >= 3, "checks")
        init = process_1_of(process)
        until(lambda: len(children(init)) == 1, "the orphans' end")
        os.kill(init, signal.SIGTERM)
        self.assertEqual(0, process.wait(PATIENCE * 2))
