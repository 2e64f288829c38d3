"""Starting and stopping what is measured: each on its core, in its own directory, ended by its process id."""
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[2]))
from support.ports import free_port  # noqa: E402
from support.wait import until  # noqa: E402

from . import accounting  # noqa: E402
from .build import helper  # noqa: E402

_CORES = sorted(os.sched_getaffinity(0))
PROXY_CORE, LOAD_CORE = _CORES[0], _CORES[-1]


def pinned(core):
    """A preexec_fn: one core, as many descriptors as allowed."""
    def prepare():
        os.sched_setaffinity(0, {core})
        most = resource.getrlimit(resource.RLIMIT_NOFILE)[1]
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return prepare


class Server:
    """A process that listens on `port`. A subclass gives command() and may write files to `dir` before."""

    name = "server"
    core = PROXY_CORE
    stop_signal = signal.SIGTERM

    def __init__(self):
        self.port = free_port()
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="outrigger-bench-"))
        self.dir.chmod(0o755)
        self.process = None

    def command(self):
        raise NotImplementedError

    def start(self):
        self.spawn()
        until(self._accepts, f"{self.name} to accept on {self.port}")
        return self

    def spawn(self):
        with open(self.dir / "stdout", "ab") as out, open(self.dir / "stderr", "ab") as err:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.PIPE, stdout=out, stderr=err, cwd=self.dir,
                                            preexec_fn=pinned(self.core), env=self.environment())

    def environment(self):
        return dict(os.environ)

    def _accepts(self):
        if self.process.poll() is not None:
            raise RuntimeError(f"{self.name} ended with {self.process.returncode}:\n{self.errors()}")
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def errors(self):
        return (self.dir / "stderr").read_text(errors="replace")[-4000:]

    @property
    def pid(self):
        return self.process.pid

    def cpu_seconds(self):
        return accounting.cpu_seconds(self.pid)

    def pss(self, kind="Pss"):
        return accounting.pss(self.pid, kind)

    def stop(self):
        if self.process is None:
            return
        members = accounting.family(self.pid)
        self.process.stdin.close()
        if self.process.poll() is None:
            self.process.send_signal(self.stop_signal)
        try:
            self.process.wait(5)
        except subprocess.TimeoutExpired:
            for member in members:
                try:
                    os.kill(member, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            self.process.wait(5)
        self.process = None

    def __enter__(self):
        try:
            return self.start()
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *_):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)


class Backend(Server):
    """The service behind the proxies; counts what arrives."""

    name = "backend"
    core = LOAD_CORE
    FIELDS = ("X-Forwarded-For", "X-Forwarded-Proto", "X-Forwarded-Host", "Via", "X-Request-Id", "X-Tenant", "X-Debug")

    def command(self):
        return [str(helper("backend")), str(self.port), *self.FIELDS]

    def stats(self):
        return json.loads(fetch(self.port, "/stats")[1])


def fetch(port, path, tls=None, fields=""):
    """(head, body) of GET `path` on a connection of its own; `tls` an SSLContext."""
    with socket.create_connection(("127.0.0.1", port), timeout=10) as plain:
        stream = tls.wrap_socket(plain, server_hostname="localhost") if tls else plain
        stream.sendall(f"GET {path} HTTP/1.1\r\nHost: bench.local\r\n{fields}Connection: close\r\n\r\n".encode())
        data = b""
        while part := stream.recv(65536):
            data += part
    head, _, body = data.partition(b"\r\n\r\n")
    return head.decode(), body


class Load:
    """One run of the load generator. `result()` waits for its end and gives what it printed."""

    def __init__(self, port, request, directory, limit=60, **options):
        """`request`: the head as text. Options: connections, requests, seconds, rate, upload, expect; flags tls, close ..."""
        self.limit = limit
        file = pathlib.Path(directory) / "request"
        file.write_text(request)
        command = [str(helper("load")), "--port", str(port), "--request", str(file)]
        for name, value in options.items():
            if value is True:
                command.append(f"--{name}")
            elif value not in (None, False):
                command += [f"--{name}", str(value)]
        self.process = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True,
                                        preexec_fn=pinned(LOAD_CORE))

    def held(self):
        """Waits until every connection of a --hold run had its answer; how many had."""
        return json.loads(self.process.stdout.readline())["held"]

    def result(self):
        try:
            output, _ = self.process.communicate(timeout=self.limit)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.communicate()
            raise RuntimeError("the load generator did not end") from None
        if self.process.returncode != 0:
            raise RuntimeError(f"the load generator ended with {self.process.returncode}")
        return json.loads(output.splitlines()[-1])


class StreamsLoad:
    """One run of h2load: HTTP/2 over TLS, as many requests as take about `seconds`. `result()` as of Load."""

    def __init__(self, port, directory, workload, seconds, limit=60):
        self.workload, self.limit = workload, limit
        self.latencies = pathlib.Path(directory) / "latencies"
        self.count = max(workload.connections * workload.streams, int(seconds * 20000))
        self.command = ["h2load", f"--requests={self.count}", f"--clients={workload.connections}",
                        f"--max-concurrent-streams={workload.streams}", f"--log-file={self.latencies}",
                        f"https://127.0.0.1:{port}/bytes/{workload.expect}"]

    def result(self):
        self.latencies.unlink(missing_ok=True)
        done = subprocess.run(self.command, capture_output=True, text=True, timeout=self.limit, check=True,
                              preexec_fn=pinned(LOAD_CORE))
        return streams_report(done.stdout, self.latencies.read_text(), self.workload)


def streams_report(printed, latencies, workload):
    """What h2load printed, and its log with a line "start status duration" for each request, as a load report."""
    def numbers(mark):
        line = next(line for line in printed.splitlines() if line.startswith(mark))
        return [float(number) for number in re.findall(r"[\d.]+", line)]
    _, _, _, answered, failed, errored, timeouts = map(int, numbers("requests:"))
    length = int(re.search(r"\((\d+)\) data", printed).group(1))
    unit = {"s": 1, "ms": 1e-3, "us": 1e-6}
    value, name = re.search(r"^finished in ([\d.]+)(\w+),", printed, re.M).groups()
    taken = sorted(int(line.split()[2]) for line in latencies.splitlines())
    def quantile(share):
        return taken[min(len(taken) - 1, int(len(taken) * share))] if taken else 0
    return {"requests": answered, "failed": errored + timeouts, "wrong": failed - errored - timeouts + (length != answered * workload.expect),
            "closed": 0, "connections": workload.connections, "resumed": 0, "seconds": float(value) * unit[name],
            "p50": quantile(0.5), "p99": quantile(0.99), "p999": quantile(0.999)}
