"""Real services behind the proxy, each a process of its own."""
import pathlib
import shutil
import signal
import socket
import subprocess
import sys
import tempfile

from .ports import free_port
from .wait import PATIENCE, until


class Service:
    """A server process on a free port; a subclass gives the command and may write files to `dir` first."""

    def __init__(self):
        self.port = free_port()
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="outrigger-service-"))
        self.process = None

    @property
    def address(self):
        return f"127.0.0.1:{self.port}"

    def command(self):
        raise NotImplementedError

    def start(self):
        output = open(self.dir / "output", "ab")
        with output:
            self.process = subprocess.Popen(self.command(), stdin=subprocess.DEVNULL, stdout=output, stderr=output,
                                            cwd=pathlib.Path(__file__).resolve().parents[1])
        until(self._accepts, f"{type(self).__name__} to accept")
        return self

    def _accepts(self):
        if self.process.poll() is not None:
            raise AssertionError(f"{type(self).__name__} ended:\n{(self.dir / 'output').read_text()}")
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def pause(self):
        self.process.send_signal(signal.SIGSTOP)

    def resume(self):
        self.process.send_signal(signal.SIGCONT)

    def kill(self):
        if self.process and self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE)

    def __enter__(self):
        return self.start()

    def __exit__(self, *_):
        self.kill()
        shutil.rmtree(self.dir, ignore_errors=True)


class PythonFiles(Service):
    """Python's own http.server over a directory: HTTP/1.0 answers unless told otherwise."""

    def __init__(self, protocol="HTTP/1.0", **files):
        super().__init__()
        self.protocol = protocol
        self.root = self.dir / "www"
        self.root.mkdir()
        for name, content in (files or {"index.html": "hello from python\n"}).items():
            (self.root / name).write_text(content)

    def command(self):
        return [sys.executable, "-m", "http.server", str(self.port), "--bind", "127.0.0.1", "--directory",
                str(self.root), "--protocol", self.protocol]


class Echo(Service):
    """Tells what reached it; see echo_service.py."""

    def command(self):
        return [sys.executable, "-m", "support.echo_service", str(self.port)]
