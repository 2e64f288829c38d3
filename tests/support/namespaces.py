"""Processes in a namespace of their own."""
import pathlib
import shutil
import subprocess

from .wait import until

# A network of its own, in which a socket that connects gets the port 40000.
_ONE_PORT = ["unshare", "--net", "sh", "-c",
             "ip link set lo up && echo 40000 40000 >/proc/sys/net/ipv4/ip_local_port_range && exec \"$@\"", "sh"]
_SPACE = ["unshare", "--pid", "--fork", "--kill-child", "--mount-proc"]


def process_1(case):
    """The words in front of a command that make it process 1; without the right to do so the test of `case` is skipped."""
    return _may_be(_SPACE, case)


def one_port(case):
    """The words in front of a command for which 40000 is the only port of sockets that connect; else as process_1()."""
    return _may_be(_ONE_PORT, case)


def _may_be(space, case):
    if shutil.which("unshare") is None or subprocess.run([*space, "true"], capture_output=True, check=False).returncode:
        case.skipTest("no such namespace can be made here")
    return space


def children(pid):
    return [int(word) for word in pathlib.Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def process_1_of(process):
    """The number that process 1 of `process`, a Popen with those words, has out here."""
    return until(lambda: children(process.pid), "process 1")[0]
