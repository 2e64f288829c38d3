"""What commands print for shells and people: completions, the manual page, errors of use, colours, `init`, `diff`, `top`."""
import json
import os
import pathlib
import pty
import re
import resource
import select
import shutil
import signal
import subprocess
import tempfile

from support.case import Case
from support.outrigger import BINARY, Outrigger, command
from support.raw import Peer
from support.wait import until

GOOD = """\
version: 1
listeners:
  - {name: web, address: "127.0.0.1:8080", timeouts: {request: 30s}, filters: [{access_log: {}}], upstream: app}
upstreams: {app: {endpoints: ["127.0.0.1:9090"]}}
"""
STEERED = """
version: 1
listeners: [{name: web, address: "@listen@", filters: [{request_id: {}}, {cache: {}}], upstream: app}]
upstreams: {app: {endpoints: ["@app@"]}}
status: {address: "@listen_status@"}
admin: {address: "@listen_admin@"}
"""


def commands():
    """Every command, sub-commands among them, by its words."""
    found = []

    def visit(words):
        text = command(*words, "--help").stdout
        _, _, listed = text.partition("Subcommands:")
        names = re.findall(r"^  ([a-z]+)", listed.split("\n\n")[0], re.M) if listed else []
        if not names and words:
            found.append(words)
        for name in names:
            visit([*words, name])
    visit([])
    return found


class Files(Case):
    def setUp(self):
        self.dir = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))

    def file(self, name, text):
        path = self.dir / name
        path.write_text(text)
        return path


class WrongUse(Case):
    def one_line(self, done):
        self.assertEqual((done.returncode, done.stdout), (2, ""), done.stderr)
        self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
        return done.stderr

    def test_every_command_answers_a_wrong_flag_with_one_line_and_its_usage(self):
        found = commands()
        self.assertGreater(len(found), 18)
        for words in found:
            with self.subTest(" ".join(words)):
                said = self.one_line(command(*words, "--nosuch-flag"))
                self.assertTrue(said.startswith(f"outrigger {' '.join(words)}: "), said)
                self.assertIn(f"usage: outrigger {' '.join(words)}", said)

    def test_what_was_probably_meant(self):
        self.assertIn('did you mean "validate"?', self.one_line(command("validte")))
        self.assertIn('did you mean "--json"?', self.one_line(command("validate", "--jsn")))
        self.assertIn('did you mean "purge"?', self.one_line(command("cache", "purg")))
        self.assertIn("[-c FILE]", self.one_line(command("validate", "--jsn")))
        self.assertIn("run", self.one_line(command()))

    def test_help_ends_with_0_and_has_an_example(self):
        for words in commands():
            done = command(*words, "--help")
            self.assertEqual(done.returncode, 0, words)
            if words != ["version"]:
                self.assertIn("outrigger " + " ".join(words), done.stdout.partition("xample")[2], words)


class Shells(Files):
    def test_bash_completes_commands_flags_and_values(self):
        script = self.file("outrigger.bash", command("completions", "bash").stdout)

        def completed(*words):
            line = " ".join(f"'{word}'" for word in words)
            code = f"source {script}; COMP_WORDS=({line}); COMP_CWORD={len(words) - 1}; _outrigger; printf '%s\\n' \"${{COMPREPLY[@]}}\""
            return subprocess.run(["bash", "-c", code], capture_output=True, text=True, check=True, cwd=self.dir).stdout.split()
        self.assertEqual(completed("outrigger", "val"), ["validate"])
        self.assertIn("tap", completed("outrigger", ""))
        self.assertEqual(completed("outrigger", "cache", "p"), ["purge"])
        self.assertEqual(completed("outrigger", "tap", "--slow"), ["--slower-than"])
        self.assertEqual(completed("outrigger", "completions", "f"), ["fish"])
        self.file("my.yaml", "")
        self.assertEqual(completed("outrigger", "run", "-c", "my"), ["my.yaml"])

    def test_scripts_are_good_for_their_shells(self):
        for shell in ("bash", "zsh", "fish"):
            script = self.file(f"script.{shell}", command("completions", shell).stdout)
            for words in (["validate"], ["cache"], ["tap"]):
                self.assertIn(words[0], script.read_text())
            if shutil.which(shell):
                done = subprocess.run([shell, "-n", str(script)], capture_output=True, text=True, check=False)
                self.assertEqual((done.returncode, done.stderr), (0, ""), shell)
        self.assertEqual(command("completions", "tcsh").returncode, 2)

    def test_the_manual_page_has_every_command_and_exit_code(self):
        page = command("man").stdout
        self.assertTrue(page.startswith(".TH OUTRIGGER 1"))
        for words in commands():
            self.assertIn(".SS outrigger " + " ".join(words), page)
        for part in (".SH EXIT STATUS", "NO_COLOR", "\\-\\-slower\\-than SLOWER\\-THAN"):
            self.assertIn(part, page)
        if shutil.which("man"):
            shown = subprocess.run(["man", "--warnings", "-l", str(self.file("outrigger.1", page))], capture_output=True, text=True,
                                   env={**os.environ, "MANWIDTH": "100", "LC_ALL": "C.UTF-8"}, check=False)
            self.assertEqual(shown.stderr, "")


class Init(Files):
    def test_it_writes_a_file_that_serves_and_never_twice(self):
        service = self.start(Peer.answering())
        path = self.dir / "outrigger.yaml"
        done = command("init", "-o", path, "--listen", "127.0.0.1:8443", "--tls", "self-signed", "--upstream", service.address)
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertEqual(command("validate", "-c", path).returncode, 0)
        text = path.read_text()
        again = command("init", "-o", path)
        self.assertEqual((again.returncode, again.stdout, path.read_text()), (1, "", text))
        self.assertIn("stays as it is", again.stderr)
        config = text.replace("127.0.0.1:8443", "@listen@").replace("127.0.0.1:9902", "@listen_status@").replace("127.0.0.1:9901", "@listen_admin@")
        with Outrigger(config) as proxy:
            self.assertEqual(self.client(proxy, tls="test").get("/").status, 200)

    def test_by_default_beside_a_service_on_port_8000(self):
        done = command("init", cwd=self.dir)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(command("validate", cwd=self.dir).returncode, 0)
        self.assertIn("127.0.0.1:8000", (self.dir / "outrigger.yaml").read_text())
        self.assertEqual(command("init", "--output", "-", cwd=self.dir).stdout, (self.dir / "outrigger.yaml").read_text())

    def test_a_file_that_does_not_fit_is_not_left_behind(self):
        def limit():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (600, 600))
        done = command("init", cwd=self.dir, preexec_fn=limit)
        self.assertEqual((1, "outrigger: cannot write outrigger.yaml: File too large\n"), (done.returncode, done.stderr))
        self.assertFalse((self.dir / "outrigger.yaml").exists())

    def test_values_that_make_no_configuration(self):
        for wrong in (["--listen", "nowhere:99999"], ["--tls", "/none.crt", "--key", "/none.key"]):
            done = command("init", *wrong, cwd=self.dir)
            self.assertEqual(done.returncode, 2, wrong)
            self.assertFalse((self.dir / "outrigger.yaml").exists())


class Diff(Files):
    def differences(self, old, new):
        done = command("diff", "--json", self.file("old.yaml", old), self.file("new.yaml", new))
        found = {each["path"]: (each["old"], each["new"]) for each in json.loads(done.stdout)}
        self.assertEqual(done.returncode, 1 if found else 0, done.stderr)
        return found

    def test_the_same_in_other_words_is_no_difference(self):
        other = GOOD.replace('{endpoints: ["127.0.0.1:9090"]}', '"127.0.0.1:9090"').replace("30s", "30000ms")
        self.assertEqual(self.differences(GOOD, other), {})

    def test_values_with_where_they_were_set(self):
        self.assertEqual(self.differences(GOOD, GOOD.replace("30s", "10s")), {"listeners[web].timeouts.request": ("30s", "10s")})
        done = command("diff", self.dir / "old.yaml", self.dir / "new.yaml")
        self.assertEqual(done.stdout, f"listeners[web].timeouts.request\n  - 30s  # {self.dir}/old.yaml:3\n  + 10s  # {self.dir}/new.yaml:3\n")

    def test_what_comes_in_front_makes_no_noise(self):
        more = GOOD.replace("  - {name: web", '  - {name: first, address: "127.0.0.1:1", upstream: app}\n  - {name: web') \
            .replace("{access_log: {}}", "{request_id: {}}, {access_log: {format: text}}")
        found = self.differences(GOOD, more)
        self.assertEqual(found["listeners[web].filters"], ("[access_log]", "[request_id, access_log]"))
        self.assertEqual(found["listeners[web].filters.access_log.format"], ("json", "text"))
        self.assertEqual(found["listeners[first].address"], (None, "127.0.0.1:1"))
        self.assertNotIn("listeners[web].address", found)

    def test_a_file_with_errors_is_2(self):
        done = command("diff", self.file("old.yaml", GOOD), self.file("new.yaml", GOOD.replace("endpoints", "endpionts")))
        self.assertEqual(done.returncode, 2)
        self.assertIn("endpionts", done.stderr)


class Json(Files):
    def test_dump(self):
        done = command("dump", "--json", "-c", self.file("a.yaml", GOOD))
        found = {each["path"]: each for each in json.loads(done.stdout)}
        self.assertEqual(found["listeners[0].timeouts.request"]["value"], "30s")
        self.assertEqual(found["listeners[0].timeouts.request"]["origin"], f"{self.dir}/a.yaml:3")
        self.assertEqual(found["upstreams.app.filters[0].retry.num_retries"]["origin"], "default")

    def test_health_reload_and_drain(self):
        proxy = self.proxy(STEERED, self.start(Peer.answering()))
        well = command("health", "--json", "-c", proxy.file)
        self.assertEqual((well.returncode, json.loads(well.stdout)["healthy"]), (0, True))
        again = command("reload", "--json", "-c", proxy.file)
        self.assertEqual((again.returncode, json.loads(again.stdout)["ok"]), (0, True))
        good = proxy.file.read_text()
        proxy.file.write_text(good.replace("endpoints", "endpionts"))
        refused = command("reload", "--json", "--admin", proxy.address("listen_admin"))
        self.assertEqual((refused.returncode, json.loads(refused.stdout)["ok"]), (1, False))
        proxy.file.write_text(good)
        drained = command("drain", "--json", "-c", proxy.file)
        self.assertEqual((drained.returncode, json.loads(drained.stdout)["phase"]), (0, "drained"))
        ill = command("health", "--json", "-c", proxy.file)
        self.assertEqual((ill.returncode, json.loads(ill.stdout)["status"]), (1, 503))


class Terminal:
    """A command on a terminal of 80 by 24; what it printed so far is `text`."""

    def __init__(self, *arguments, environment=None):
        self.text = ""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            os.environ.update({"TERM": "xterm", **(environment or {})})
            os.execv(BINARY, [BINARY, *map(str, arguments)])

    def read(self):
        while select.select([self.fd], [], [], 0)[0]:
            try:
                self.text += os.read(self.fd, 65536).decode(errors="replace")
            except OSError:
                break
        return self.text

    def end(self):
        """Its exit code."""
        def ended():
            self.read()
            pid, status = os.waitpid(self.pid, os.WNOHANG)
            return (os.waitstatus_to_exitcode(status),) if pid else None
        code = until(ended, "the command to end")[0]
        self.read()
        os.close(self.fd)
        return code


class Mistakes(Files):
    def test_they_have_colours_by_the_same_rule_in_every_command(self):
        path = self.file("outrigger.yaml", "version: 2\n")
        for words in (["run", "-c"], ["validate", "-c"], ["dump", "-c"], ["diff", path], ["explain", "http://a/", "-c"]):
            for environment, has in (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
                terminal = Terminal(*words, path, environment=environment)
                self.assertEqual((2, has), (terminal.end(), "\x1b[36mversion\x1b[0m" in terminal.text), (words, environment))


class Top(Case):
    def setUp(self):
        self.served = self.proxy(STEERED, self.start(Peer.answering()), workers=2)

    def test_where_it_is_no_terminal_it_prints_plain_snapshots(self):
        self.client(self.served).get("/")
        done = command("top", "-c", self.served.file, "--count", "2", "--interval", "200ms")
        self.assertEqual((done.returncode, done.stderr), (0, ""))
        self.assertNotIn("\x1b", done.stdout)
        self.assertEqual(done.stdout.count("requests/s"), 2)
        for words in ("2 workers", "latency  p50", "cache ", "memory ", "app ", self.served.address("app"), "closed"):
            self.assertIn(words, done.stdout)
        self.assertEqual(command("top", "-c", self.served.file, "--interval", "200ms").stdout.count("requests/s"), 1)

    def test_rates_are_of_the_time_between_two_looks(self):
        process = subprocess.Popen([BINARY, "top", "-c", str(self.served.file), "--count", "50", "--interval", "100ms"],
                                   stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.kill)
        client = self.client(self.served)

        def counts():
            for _ in range(20):
                client.get("/")
            line = process.stdout.readline()
            return line.startswith("requests/s") and float(line.split()[1]) > 0
        until(counts, "a rate")

    def test_on_a_terminal_it_fits_and_refreshes_in_place(self):
        terminal = Terminal("top", "-c", self.served.file, "--interval", "100ms")
        until(lambda: terminal.read().count("\x1b[H") >= 3, "three pictures")
        os.kill(terminal.pid, signal.SIGINT)
        self.assertEqual(terminal.end(), 0)
        self.assertTrue(terminal.text.endswith("\x1b[?25h\r\n"), "the cursor is shown again")
        picture = terminal.text.split("\x1b[H")[2]
        lines = [re.sub(r"\x1b\[[?0-9;]*[A-Za-z]", "", line) for line in picture.split("\r\n")]
        self.assertLessEqual(len(lines), 25)
        self.assertLessEqual(max(map(len, lines)), 80)

    def test_colours_are_for_terminals_that_want_them(self):
        for environment, has in (({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)):
            terminal = Terminal("why", "-c", self.served.file, environment=environment)
            self.assertEqual(terminal.end(), 0)
            self.client(self.served).get("/")
            terminal = Terminal("top", "-c", self.served.file, "--count", "1", "--interval", "100ms", environment=environment)
            self.assertEqual(terminal.end(), 0)
            self.assertEqual("\x1b[1m" in terminal.text, has, environment)

    def test_nobody_there(self):
        done = command("top", "--admin", "127.0.0.1:1")
        self.assertEqual(done.returncode, 1)
        self.assertEqual(command("top", "-c", self.served.file, "--interval", "1").returncode, 2)
