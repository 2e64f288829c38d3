"""What can be counted exactly: allocations, system calls, instructions, bytes. One connection, one worker, no clock."""
import contextlib
import os
import pathlib
import re
import shutil
import socket
import struct
import subprocess
import time

from . import accounting, workloads
from .build import helper
from .process import Backend, Load, fetch
from .proxies import Outrigger, Work
from .streams import Streams

_LIBRARIES = re.compile(r"lib(ssl|crypto|nghttp2)")  # what libraries allocate for themselves is not ours to forgo
_OF_THE_LOG = ("write", "read", "poll", "futex")  # its writer's calls come by the clock
_ROW = struct.Struct("QQQ104s")
_ROWS = 1024


class Unavailable(Exception):
    """The binary does not know this workload's configuration."""


class Counted(Outrigger):
    """Outrigger under a tool: `prefix` before its command, `more` in its environment."""

    def __init__(self, work, prefix=(), more=None):
        super().__init__(work)
        self.prefix, self.more = list(prefix), more or {}
        reason = self.unavailable()
        if reason:
            self.__exit__()
            raise Unavailable(reason)

    def command(self):
        return self.prefix + super().command()

    def environment(self):
        return {**os.environ, **self.more}


def workload(key):
    return next(item for item in workloads.COUNTED if item.key == key)


def send(proxy, key, requests, connections=1, **options):
    """Sends requests one after the other; they must all be answered rightly."""
    kind = workload(key)
    if kind.streams:
        path = f"/{'paused' if options.get('pause') else 'bytes'}/{kind.expect}"
        with Streams(proxy.port, kind.tls) as client:
            return client.get(path, requests, kind.expect, pause=0.001 if options.get("pause") else 0)
    load = {**kind.load(), "connections": connections, "requests": requests, "seconds": 60, **options}
    request = kind.request().replace("/bytes/", "/paused/") if options.get("pause") else kind.request()
    report = Load(proxy.port, request, proxy.dir, limit=90, **load).result()
    if report["requests"] != requests or report["wrong"] or report["failed"]:
        raise RuntimeError(f"{key}: wrong answers: {report}")
    return None


def work_of(key, backend, certificate):
    kind = workload(key)
    return Work(backend.port, certificate if kind.tls else (), kind.sidecar, kind.cached, traced=kind.traced, http2=kind.streams > 0)


def allocations(key, certificate, requests=2000):
    """(allocations a request that are ours, a library's, what to look at)."""
    table = _Table()
    with Backend() as backend:
        more = {"LD_PRELOAD": str(helper("count_allocations.so")), "COUNT_ALLOCATIONS": table.path}
        with Counted(work_of(key, backend, certificate), more=more) as proxy:
            send(proxy, key, requests)  # warm
            first = table.read()
            send(proxy, key, requests)
            short = table.read()
            send(proxy, key, requests * 3)
            long = table.read()
    # The long run less the short one: what a connection allocates falls out.
    def per_request(row):
        return ((long[row] - short.get(row, 0)) - (short.get(row, 0) - first.get(row, 0))) / (requests * 2)
    rates = {row: per_request(row) for row in long}
    ours = {row: rate for row, rate in rates.items() if rate > 0.005 and not _LIBRARIES.search(row[0])}
    theirs = sum(rate for row, rate in rates.items() if _LIBRARIES.search(row[0]))
    callers = sorted(ours.items(), key=lambda item: -item[1])[:5]
    look = "; ".join(f"{rate:.2f} in {_function(*row)}" for row, rate in callers)
    return sum(ours.values()), theirs, look


class _Table:
    """The file that count_allocations.so counts in: {(object, offset): count}."""

    def __init__(self):
        self.path = str(pathlib.Path(helper("count_allocations.so")).with_name(f"allocations.{os.getpid()}"))
        with open(self.path, "wb") as file:
            file.truncate(8 + _ROW.size * _ROWS)

    def read(self):
        data = pathlib.Path(self.path).read_bytes()
        if struct.unpack_from("Q", data)[0]:
            raise RuntimeError("more callers of malloc than rows in the table")
        rows = {}
        for i in range(_ROWS):
            address, count, offset, name = _ROW.unpack_from(data, 8 + i * _ROW.size)
            if address:
                rows[(name.rstrip(b"\0").decode(), offset)] = count
        return rows

    def __del__(self):
        pathlib.Path(self.path).unlink(missing_ok=True)


def _function(name, offset):
    tool = shutil.which("llvm-symbolizer-19") or "llvm-symbolizer"
    done = subprocess.run([tool, "--obj=" + name, "--no-inlines", hex(offset - 1)], capture_output=True, text=True, check=False)
    return (done.stdout.splitlines() or ["?"])[0][:160] + f" ({pathlib.Path(name).name}+{offset:#x})"


def system_calls(key, certificate, requests=200):
    """(calls a request, what to look at). Both ends pause, so that every wait is one: the most that a request can take."""
    counts = []
    with Backend() as backend, Counted(work_of(key, backend, certificate)) as proxy:
        send(proxy, key, 200)
        for number in (requests, requests * 3):
            with accounting.SystemCalls(proxy.pid) as counter:
                send(proxy, key, number, pause=True)
            counts.append(counter.calls)
    rates = {name: (count - counts[0].get(name, 0)) / (requests * 2) for name, count in counts[1].items()}
    seen = sorted(((rate, name) for name, rate in rates.items() if rate > 0.005), reverse=True)
    counted = [rate for name, rate in rates.items() if not (workload(key).sidecar and name in _OF_THE_LOG)]
    return sum(counted), ", ".join(f"{name} {rate:.2f}" for rate, name in seen)


def instructions(key, certificate, requests=500):
    """(instructions a request in user space, what to look at): callgrind, a long run less a short one."""
    totals, profiles = [], []
    for number in (requests, requests * 3):
        with Backend() as backend:
            profile = helper("load").with_name(f"callgrind.{os.getpid()}.{number}")
            prefix = ["valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={profile}"]
            with Counted(work_of(key, backend, certificate), prefix) as proxy:
                send(proxy, key, number)
        text = profile.read_text()
        totals.append(int(re.search(r"^(?:summary|totals): (\d+)", text, re.M).group(1)))
        profiles.append(_functions(profile))
        profile.unlink()
    span = requests * 2
    most = sorted(((count - profiles[0].get(name, 0)) / span, name) for name, count in profiles[1].items())[:-8:-1]
    return (totals[1] - totals[0]) / span, ", ".join(f"{name} {count:.0f}" for count, name in most)


def _functions(profile):
    """Instructions by function, its own only."""
    done = subprocess.run(["callgrind_annotate", "--threshold=100", "--show-percs=no", str(profile)], capture_output=True,
                          text=True, check=True)
    found = {}
    for line in done.stdout.splitlines():
        match = re.match(r"\s*([\d,]+)\s+\S*?:(.+?)(?: \[.*\])?$", line)
        if match:
            name = match.group(2)
            found[name] = found.get(name, 0) + int(match.group(1).replace(",", ""))
    return found


def idle_bytes(certificate, connections=5000):
    """Bytes of memory for one idle keep-alive connection, plain or (with a certificate) TLS; connections of both kinds."""
    key = "i-tls" if certificate else "i"
    with Backend() as backend, Counted(work_of(key, backend, certificate)) as proxy:
        send(proxy, key, 2000, connections=64)  # as many as start at a time below: pools fill
        before = proxy.pss("Pss_Anon")
        kind = workload(key)
        options = {**kind.load(), "connections": connections, "hold": True, "seconds": 60}
        load = Load(proxy.port, kind.request(), proxy.dir, limit=90, **options)
        if load.held() != connections:
            raise RuntimeError("not every connection got its answer")
        time.sleep(0.1)
        grown = proxy.pss("Pss_Anon") - before
        if load.result()["open"] != connections:
            raise RuntimeError("idle connections were closed")
        return grown / connections


def stream_bytes(streams=1000, connections=10):
    """Bytes of memory for one open stream of HTTP/2 whose request waits for its answer, with its connection to the service."""
    silent = socket.create_server(("127.0.0.1", 0), backlog=2 * streams)  # who never accepts never answers
    with silent, Counted(Work(silent.getsockname()[1], http2=True, pool=2 * streams)) as proxy:
        with contextlib.ExitStack() as stack:
            clients = [stack.enter_context(Streams(proxy.port)) for _ in range(connections)]
            for client in clients:
                client.ping()
            before = proxy.pss("Pss_Anon")
            for client in clients:
                for _ in range(streams // connections):
                    client.ask("/")
                client.ping()
            return (proxy.pss("Pss_Anon") - before) / streams


def started_kibibytes(certificate):
    """Memory after start and one request, one worker, in KiB; what is no file's, whose share depends on who else runs."""
    with Backend() as backend, Counted(work_of("a", backend, certificate)) as proxy:
        fetch(proxy.port, "/bytes/128")
        time.sleep(0.2)
        return proxy.pss("Pss_Anon") / 1024


def stripped_kibibytes(binary):
    stripped = helper("load").with_name(f"stripped.{os.getpid()}")
    subprocess.run(["llvm-strip-19" if shutil.which("llvm-strip-19") else "strip", "-o", str(stripped), str(binary)], check=True)
    size = stripped.stat().st_size / 1024
    stripped.unlink()
    return size
