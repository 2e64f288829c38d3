"""curl, as a user would call it."""
import subprocess

from .raw import Message
from .wait import PATIENCE


class Answer:
    """`status`, the last response's `head` as a Message, `body`; curl's own `code` and `error`."""

    def __init__(self, done):
        self.code = done.returncode
        self.error = done.stderr.decode(errors="replace")
        self.head, rest = None, done.stdout
        while rest.startswith(b"HTTP/"):
            head, _, rest = rest.partition(b"\r\n\r\n")
            self.head = Message(head + b"\r\n\r\n")
            if self.head.status // 100 != 1:
                break
        self.body = rest
        self.status = self.head.status if self.head else None


def curl(*arguments):
    """Runs `curl -sS -i ARGUMENTS`; never raises for what curl says."""
    return Answer(subprocess.run(["curl", "-q", "-sS", "-i", "--noproxy", "*", "--max-time", str(PATIENCE),
                                  *map(str, arguments)],
                                 capture_output=True, check=False, timeout=PATIENCE * 2))
