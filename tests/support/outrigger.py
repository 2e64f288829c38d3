"""The binary under test, started on a configuration of its own.

    with Outrigger('''
    version: 1
    listeners: [{address: "@listen@", filters: [{access_log: {}}], upstream: app}]
    upstreams: {app: {endpoints: ["@app@"]}}
    ''', app=service.address) as proxy:
        proxy.port("listen")

`@name@` becomes the value of that name, `@dir@` the test's directory, any other name an address 127.0.0.1:<free port>.
Unless the configuration has `limits`, no worker refuses requests because the machine makes it late.
"""
import json
import os
import pathlib
import re
import shutil
import signal
import socket
import subprocess
import tempfile

from .ports import free_port
from .wait import PATIENCE, until

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.path.abspath(os.environ.get("OUTRIGGER_BINARY", ROOT / "build/release/outrigger"))
SANITIZED = b"__sanitizer" in pathlib.Path(BINARY).read_bytes() if os.path.exists(BINARY) else False
# A shell begins what it runs in the background with SIGINT ignored, which a process hands down: it would be lost at start.
if signal.getsignal(signal.SIGINT) == signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)
_REPORT = re.compile(r"(Address|Leak|Thread|Memory)Sanitizer|runtime error:")


def command(*arguments, **options):
    """Runs `outrigger ARGUMENTS` to its end; the result has returncode, stdout and stderr as text."""
    options.setdefault("timeout", PATIENCE * 2)
    done = subprocess.run([BINARY, *map(str, arguments)], capture_output=True, text=True, check=False, **options)
    if _REPORT.search(done.stderr):
        raise AssertionError(f"sanitizer report of outrigger {arguments}:\n{done.stderr}")
    return done


class Outrigger:
    """A running `outrigger run`. Leaving the `with` block stops it by SIGINT and checks exit code 0 and no sanitizer report."""

    def __init__(self, config, workers=1, arguments=(), environment=None, wait_for=("listen",),
                 close_stdout=False, space=(), **values):
        """`space`: the words of support.namespaces in front of the command."""
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="outrigger-test-"))
        self.values = {"dir": str(self.dir), **{name: str(value) for name, value in values.items()}}
        self.file = self.dir / "outrigger.yaml"
        self.wait_for = wait_for
        self.process = None
        self.write(config)
        self._command = [*space, BINARY, "run", "-c", str(self.file), "--workers", str(workers), *arguments]
        if close_stdout:
            self._command = ["sh", "-c", 'exec "$@" >&-', "sh", *self._command]
        self._environment = {**os.environ, **(environment or {})}

    # The configuration.

    def fill(self, config):
        """`config` with every @name@ replaced."""
        def value(match):
            name = match.group(1)
            if name not in self.values:
                self.values[name] = f"127.0.0.1:{free_port()}"
            return self.values[name]
        return re.sub(r"@(\w+)@", value, config)

    def write(self, config):
        """Rewrites the configuration file in place."""
        if re.search("^version:", config, re.M) and not re.search("^limits:", config, re.M):
            config = config.rstrip("\n") + "\nlimits: {event_loop_delay: 0s}\n"
        self.file.write_text(self.fill(config))

    def address(self, name="listen"):
        return self.values[name]

    def port(self, name="listen"):
        return int(self.values[name].rpartition(":")[2])

    # The process.

    def start(self):
        self._stdout = open(self.dir / "stdout", "wb")
        self._stderr = open(self.dir / "stderr", "wb")
        self.process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL, stdout=self._stdout,
                                        stderr=self._stderr, env=self._environment)
        try:
            until(self._is_up, "the listener to accept")
        except BaseException:
            self.kill()
            raise
        return self

    def _is_up(self):
        if self.process.poll() is not None:
            raise AssertionError(f"outrigger ended with {self.process.returncode} at start:\n{self.stderr()}")
        waiting = [name for name in self.values if name.startswith(tuple(self.wait_for))]
        for name in waiting:
            with socket.socket() as probe:
                if probe.connect_ex(("127.0.0.1", self.port(name))) != 0:
                    return False
        return True

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        """SIGINT, then the end: exit code 0, no sanitizer report."""
        if self.process is None or self.process.returncode is not None:
            return
        self.process.send_signal(signal.SIGINT)
        try:
            self.process.wait(timeout=max(40, PATIENCE * 2))
        except subprocess.TimeoutExpired:
            self.kill()
            raise AssertionError(f"outrigger did not end after SIGINT:\n{self.stderr()}") from None
        self.check_end(0)

    def check_end(self, code):
        """The process has ended, or does so soon, with `code` and without a sanitizer report."""
        self.process.wait(timeout=PATIENCE * 2)
        report = self.stderr()
        if self.process.returncode != code or _REPORT.search(report):
            raise AssertionError(f"outrigger ended with {self.process.returncode}, not {code}:\n{report}")

    def kill(self):
        if self.process is not None and self.process.poll() is None:
            self.process.kill()
            self.process.wait()

    def __enter__(self):
        return self.start()

    def __exit__(self, kind, error, trace):
        try:
            if error is None:
                self.stop()
            elif self.process.poll() is None:
                print(f"--- stderr of outrigger ---\n{self.stderr()}", flush=True)
        finally:
            self.kill()
            self._stdout.close()
            self._stderr.close()
            shutil.rmtree(self.dir, ignore_errors=True)

    # What it says.

    def stdout(self):
        return (self.dir / "stdout").read_text(errors="replace")

    def stderr(self):
        return (self.dir / "stderr").read_text(errors="replace")

    def log(self, count=1):
        """The access log once it has at least `count` JSON lines."""
        def lines():
            found = [line for line in self.stdout().split("\n")[:-1] if line.startswith("{")]
            return found if len(found) >= count else None
        return [json.loads(line) for line in until(lines, f"{count} lines in the access log")]

    def open_files(self):
        return len(os.listdir(f"/proc/{self.process.pid}/fd"))

    def resident_bytes(self):
        pages = int(pathlib.Path(f"/proc/{self.process.pid}/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE")
