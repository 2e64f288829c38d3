"""Programs of tests/npm, where npm put their packages."""
import shutil
import subprocess
import unittest

from .outrigger import ROOT
from .services import Service

NPM = ROOT / "tests/npm"


def needs(package):
    """Skips a test, and says so, where the package is missing."""
    return unittest.skipUnless(shutil.which("node") and (NPM / "node_modules" / package).is_dir(),
                               f"the npm package {package} is not installed: scripts/install test, where npm reaches its registry")


def program(file, *arguments):
    return ["node", str(NPM / file), *map(str, arguments)]


class NodeService(Service):
    """A program that prints the port that it chose, a line of its own, and serves."""

    def __init__(self, file, *arguments):
        super().__init__()
        self.file, self.arguments = file, arguments

    def start(self):
        self.process = subprocess.Popen(program(self.file, *self.arguments), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        if not line.strip():
            raise AssertionError(f"{self.file} printed no port; it ended with {self.process.wait()}")
        self.port = int(line)
        return self

    def kill(self):
        super().kill()
        if self.process:
            self.process.stdout.close()
