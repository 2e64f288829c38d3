"""Processes in a namespace of their own."""
import pathlib
import shutil
import subprocess

from .wait import until

_SPACE = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]


def process_1(case):
    """The words in front of a command that make it process 1; without the right to do so the test of `case` is skipped."""
    if shutil.which("unshare") is None or subprocess.run([*_SPACE, "true"], capture_output=True, check=False).returncode:
        case.skipTest("no process namespace can be made here")
    return _SPACE


def children(pid):
    return [int(word) for word in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def process_1_of(process):
    """The number that process 1 of `process`, a Popen with those words, has out here."""
    return until(lambda: children(process.pid), "process 1")[0]
