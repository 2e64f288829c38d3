"""systemd's side: a notify socket, and listening sockets that are passed to a process."""
import os
import pathlib
import socket
import subprocess
import tempfile

from .wait import PATIENCE, until


class NotifySocket:
    """$NOTIFY_SOCKET; `messages` is what was sent so far, each a dict of its lines."""

    def __init__(self, abstract=False):
        self.abstract = abstract
        self.messages = []

    def __enter__(self):
        self._dir = tempfile.TemporaryDirectory(prefix="outrigger-notify-")
        path = str(pathlib.Path(self._dir.name) / "notify")
        self.name = "@" + path if self.abstract else path
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.bind("\0" + path if self.abstract else path)
        self._socket.setblocking(False)
        return self

    def __exit__(self, *_):
        self._socket.close()
        self._dir.cleanup()

    def take(self):
        while True:
            try:
                lines = self._socket.recv(4096).decode().split("\n")
            except BlockingIOError:
                return self.messages
            self.messages.append(dict(line.split("=", 1) for line in lines if line))

    def wait_for(self, **wanted):
        """The first message that says all of `wanted` and was not given before."""
        def found():
            for index, message in enumerate(self.take()):
                if all(message.get(name) == value for name, value in wanted.items()):
                    del self.messages[:index + 1]
                    return message
            return None
        return until(found, f"the message {wanted} among {self.messages}")


# Passes the descriptors of its first arguments on as 3, 4, ...; systemd's LISTEN_PID is the program's own.
_PASS = """
fds=$1; names=$2; shift 2; number=3
for fd in $fds; do eval "exec $number<&$fd"; number=$((number + 1)); done
for fd in $fds; do [ $fd -lt $number ] || eval "exec $fd<&-"; done
export LISTEN_FDS=$((number - 3)) LISTEN_FDNAMES=$names LISTEN_PID=$$
exec "$@"
"""


def passing(sockets, command, **options):
    """subprocess.Popen of `command` with `sockets`, a list of (name, socket), passed as socket activation does."""
    # Duplicates far above 3, that none be overwritten before it is passed.
    import fcntl
    copies = [fcntl.fcntl(one.fileno(), fcntl.F_DUPFD, 200) for _, one in sockets]
    try:
        return subprocess.Popen(["bash", "-c", _PASS, "bash", " ".join(map(str, copies)),
                                 ":".join(name for name, _ in sockets), *map(str, command)], pass_fds=copies,
                                stdin=subprocess.DEVNULL, **options)
    finally:
        for copy in copies:
            os.close(copy)
