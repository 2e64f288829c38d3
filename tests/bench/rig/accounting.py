"""What the kernel knows about processes: CPU time of every thread, memory, system calls."""
import contextlib
import os
import pathlib
import re
import signal
import subprocess
import tempfile
import time


def family(pid):
    """`pid` and every process below it."""
    found = [pid]
    for member in found:
        for thread in _threads(member):
            with contextlib.suppress(OSError):
                text = pathlib.Path(f"/proc/{member}/task/{thread}/children").read_text()
                found.extend(int(child) for child in text.split())
    return found


def _threads(pid):
    with contextlib.suppress(OSError):
        return os.listdir(f"/proc/{pid}/task")
    return []


def cpu_seconds(pid):
    """CPU time so far of every thread of every process of the family, to the nanosecond (/proc/PID/task/*/schedstat)."""
    total = 0
    for member in family(pid):
        for thread in _threads(member):
            with contextlib.suppress(OSError):
                total += int(pathlib.Path(f"/proc/{member}/task/{thread}/schedstat").read_text().split()[0])
    return total / 1e9


def pss(pid, kind="Pss"):
    """Bytes of memory of the family; what it shares with others counts by its share. `kind` Pss_Anon: only what is no file's."""
    total = 0
    for member in family(pid):
        text = pathlib.Path(f"/proc/{member}/smaps_rollup").read_text()
        total += int(re.search(rf"^{kind}:\s+(\d+) kB", text, re.M).group(1)) * 1024
    return total


class SystemCalls:
    """Counts the family's system calls inside a `with` block, by strace: `calls` by name, afterwards."""

    def __init__(self, pid):
        self.pids = family(pid)
        self.calls = {}

    def __enter__(self):
        self._log = tempfile.NamedTemporaryFile(prefix="outrigger-strace-")
        self._report = tempfile.NamedTemporaryFile(prefix="outrigger-strace-")
        command = ["strace", "-f", "-c", "-U", "calls,name", "-o", self._report.name]
        for pid in self.pids:
            command += ["-p", str(pid)]
        self._process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=self._log)
        deadline = time.monotonic() + 10
        while pathlib.Path(self._log.name).read_text().count(" attached") < len(self.pids):
            if self._process.poll() is not None or time.monotonic() > deadline:
                self._end()
                raise RuntimeError("strace cannot attach: " + pathlib.Path(self._log.name).read_text())
            time.sleep(0.01)
        return self

    def _end(self):
        if self._process.poll() is None:
            self._process.send_signal(signal.SIGINT)
        self._process.wait(10)

    def __exit__(self, *_):
        self._end()
        for line in pathlib.Path(self._report.name).read_text().splitlines():
            match = re.match(r"\s*(\d+)\s+(\w+)$", line)
            if match and match.group(2) != "total":
                self.calls[match.group(2)] = int(match.group(1))

    def total(self):
        return sum(self.calls.values())
