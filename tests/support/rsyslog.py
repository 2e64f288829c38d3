"""Debian's rsyslogd on a configuration of its own."""
import pathlib
import shutil
import subprocess
import tempfile

from .wait import PATIENCE

BINARY = shutil.which("rsyslogd") or ("/usr/sbin/rsyslogd" if pathlib.Path("/usr/sbin/rsyslogd").exists() else None)
NEEDS = "needs rsyslog: scripts/install test"


class Rsyslog:
    """A running rsyslogd. `@dir@` in the configuration is its directory."""

    def __init__(self, config):
        self.dir = pathlib.Path(tempfile.mkdtemp(prefix="outrigger-rsyslog-"))
        (self.dir / "rsyslog.conf").write_text(
            f'global(workDirectory="{self.dir}")\n' + config.replace("@dir@", str(self.dir)))
        self.process = None

    def __enter__(self):
        self._output = open(self.dir / "output", "wb")
        self.process = subprocess.Popen(
            [BINARY, "-n", "-f", str(self.dir / "rsyslog.conf"), "-i", str(self.dir / "pid")],
            stdin=subprocess.DEVNULL, stdout=self._output, stderr=self._output)
        return self

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()

    def __exit__(self, *_):
        self.stop()
        self._output.close()
        shutil.rmtree(self.dir, ignore_errors=True)
